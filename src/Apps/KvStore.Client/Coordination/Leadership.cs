using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>
/// An office that was won, until it is disposed or its session is lost. Work of the leader takes <see cref="Lost"/> as its
/// cancellation token, and writes to the store carry <see cref="IsHeld"/> as a condition.
/// </summary>
public sealed class Leadership : IAsyncDisposable
{
    private readonly Session _session;
    private readonly WaitingLine _line;
    private readonly Place _place;
    private int _isResigned;

    internal Leadership(Session session, WaitingLine line, Place place)
    {
        _session = session;
        _line = line;
        _place = place;
        Lost = session.Lost;
    }

    /// <summary>The key that stands for it; its value is what the leader proclaims.</summary>
    public KvBytes Key => _place.Key;

    /// <summary>Grows from leader to leader.</summary>
    public Revision Fence => _place.Created;

    /// <summary>As a condition of a transaction: done only while the office is still held.</summary>
    public Condition IsHeld => _place.IsHeld;

    /// <summary>Cancelled when the session is over, and the office with it.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Proclaims something else. Repeated while members are unavailable, which does no harm.</summary>
    /// <exception cref="PlaceLostException">The office is another's by now.</exception>
    /// <exception cref="Grpc.GrpcException">The server refused, for instance for want of permission.</exception>
    public async Task ProclaimAsync(KvBytes value, CancellationToken cancellationToken = default)
    {
        var request = new TxnRequest
        {
            Compare = { _place.IsHeld.Compare },
            Success = { Operation.Put(Key, value, new PutOptions { Lease = _session.Lease }).Request },
        };
        var answer = await _line.RepeatAsync(() => _session.Client.Kv.TxnAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (!answer.Succeeded)
            throw _line.Gone();
    }

    /// <summary>Resigns; the next in line is leader.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isResigned, 1) == 0)
            await _line.LeaveAsync().ConfigureAwait(false);
    }
}
