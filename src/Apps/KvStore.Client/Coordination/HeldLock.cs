using KvStore.Primitives;

namespace KvStore.Client;

/// <summary>
/// A lock that is held, until it is disposed or its session is lost. Work under it takes <see cref="Lost"/> as its cancellation
/// token, and writes to the store carry <see cref="IsHeld"/> as a condition: a token alone comes too late for who was suspended.
/// </summary>
public sealed class HeldLock : IAsyncDisposable
{
    private readonly Session _session;
    private readonly WaitingLine _line;
    private readonly Place _place;
    private readonly bool _ownsSession;
    private int _isReleased;

    internal HeldLock(Session session, WaitingLine line, Place place, bool ownsSession)
    {
        _session = session;
        _line = line;
        _place = place;
        _ownsSession = ownsSession;
        Lost = session.Lost;
    }

    /// <summary>The key that stands for it.</summary>
    public KvBytes Key => _place.Key;

    /// <summary>Grows from holder to holder: a resource that remembers the greatest one it saw can refuse whoever held the lock before.</summary>
    public Revision Fence => _place.Created;

    /// <summary>As a condition of a transaction: done only while the lock is still held.</summary>
    public Condition IsHeld => _place.IsHeld;

    /// <summary>Cancelled when the session is over, and the lock with it.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Releases the lock; the next in line gets it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) != 0)
            return;
        await _line.LeaveAsync().ConfigureAwait(false);
        if (_ownsSession)
            await _session.DisposeAsync().ConfigureAwait(false);
    }
}
