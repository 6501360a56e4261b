using KvStore.Grpc;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>
/// A lease that is kept alive as long as the session is open: what is put with it goes with its owner. Renewed in the background at
/// each third of its time, at whichever member answers. Thread-safe.
/// </summary>
/// <remarks>
/// The session counts its time from the moment a renewal was <em>sent</em>, so it knows that it is over before the servers do. Work that
/// relies on it takes <see cref="Lost"/> as its cancellation token.
/// </remarks>
public sealed class Session : IAsyncDisposable
{
    /// <summary>How long disposing waits for the lease to be revoked: whoever is waiting for it gets it at its expiry anyway.</summary>
    private static readonly TimeSpan RevokeLimit = TimeSpan.FromSeconds(2);

    private readonly KvClient _client;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _lost = new();
    private readonly HashSet<KvBytes> _lines = [];
    private int _isClosed;

    private Session(KvClient client, LeaseId lease, TimeSpan timeToLive, long sentAt)
    {
        _client = client;
        Lease = lease;
        TimeToLive = timeToLive;
        Lost = _lost.Token;
        Ended = KeepAsync(sentAt);
    }

    /// <summary>The lease, for <see cref="PutOptions.Lease"/>.</summary>
    public LeaseId Lease { get; }

    /// <summary>How long the lease lives without its owner, as the server granted it.</summary>
    public TimeSpan TimeToLive { get; }

    /// <summary>Cancelled when the session is over, for whichever reason: it is lost, or was closed.</summary>
    public CancellationToken Lost { get; }

    /// <summary>Completes when the session is over and tells why; never fails.</summary>
    public Task<SessionEnd> Ended { get; }

    internal KvClient Client => _client;

    /// <summary>Makes a lease and keeps it alive.</summary>
    /// <param name="client">The client, which outlives the session.</param>
    /// <param name="timeToLive">How long the lease lives without its owner, in whole seconds (rounded up).</param>
    /// <param name="cancellationToken">Ends the opening, not the session.</param>
    /// <exception cref="GrpcException">The lease was refused, or nobody answered in time.</exception>
    public static async Task<Session> OpenAsync(KvClient client, TimeSpan timeToLive, CancellationToken cancellationToken = default)
    {
        var sentAt = client.Options.Time.GetTimestamp();
        var request = new LeaseGrantRequest { TTL = LeaseCalls.Seconds(timeToLive) };
        var granted = await client.Lease.GrantAsync(request, cancellationToken).ConfigureAwait(false);
        return new Session(client, new LeaseId(granted.ID), TimeSpan.FromSeconds(granted.TTL), sentAt);
    }

    /// <summary>Closes the session and revokes its lease: what was put with it is deleted now, and who waits for it need not wait.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return;
        await StopAsync().ConfigureAwait(false);
        if (await Ended.ConfigureAwait(false) == SessionEnd.Closed)
            await RevokeAsync().ConfigureAwait(false);
        _closing.Dispose();
        _lost.Dispose();
    }

    /// <summary>Closes the session and leaves the lease to live out its time.</summary>
    public async Task OrphanAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return;
        await StopAsync().ConfigureAwait(false);
        _closing.Dispose();
        _lost.Dispose();
    }

    /// <summary>Notes that the session stands in a line; false when it does already, since a session has one place in each.</summary>
    internal bool TryEnter(KvBytes line)
    {
        lock (_lines)
            return _lines.Add(line);
    }

    internal void Leave(KvBytes line)
    {
        lock (_lines)
            _lines.Remove(line);
    }

    private async Task StopAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await Ended.ConfigureAwait(false);
    }

    private async Task RevokeAsync()
    {
        using var limit = new CancellationTokenSource(RevokeLimit, _client.Options.Time);
        try
        {
            await _client.Lease.RevokeAsync(Lease, limit.Token).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is GrpcException or OperationCanceledException or ObjectDisposedException)
        {
            // It is gone already, or will be when its time is over.
        }
    }

    private async Task<SessionEnd> KeepAsync(long sentAt)
    {
        // The owner goes on at once: the first renewal is a third of the time away.
        await Task.Yield();
        var end = await UntilEndAsync(sentAt).ConfigureAwait(false);
        await _lost.CancelAsync().ConfigureAwait(false);
        return end;
    }

    private async Task<SessionEnd> UntilEndAsync(long sentAt)
    {
        var time = _client.Options.Time;
        var timeToLive = TimeToLive;
        var wait = timeToLive / 3;
        while (true)
        {
            try
            {
                await Task.Delay(wait, time, _closing.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return SessionEnd.Closed;
            }

            var left = timeToLive - time.GetElapsedTime(sentAt);
            if (left <= TimeSpan.Zero)
                return SessionEnd.NotRenewed;
            var sendingAt = time.GetTimestamp();
            if (await TryRenewAsync(TimeSpan.FromTicks(Math.Min(left.Ticks, timeToLive.Ticks / 3))).ConfigureAwait(false) is not { } renewed)
            {
                // Not at once again, but soon: there are two thirds of the time for as many attempts as it takes.
                wait = TimeSpan.FromTicks(Math.Min(left.Ticks, _client.Options.ResumePause.Ticks));
                continue;
            }

            if (renewed <= 0)
                return SessionEnd.LeaseGone;
            (sentAt, timeToLive) = (sendingAt, TimeSpan.FromSeconds(renewed));
            wait = timeToLive / 3;
        }
    }

    /// <summary>The seconds the lease was renewed by, 0 when it is gone, null when nobody said.</summary>
    private async Task<long?> TryRenewAsync(TimeSpan limit)
    {
        using var timer = new CancellationTokenSource(limit, _client.Options.Time);
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, _closing.Token);
        try
        {
            return (await _client.Lease.TryRenewAsync(Lease.Value, attempt.Token).ConfigureAwait(false))?.TTL;
        }
        catch (Exception failed) when (failed is GrpcException or OperationCanceledException or ObjectDisposedException)
        {
            // The last: the client was disposed before the session. Then nobody renews it, and it ends with its time.
            return null;
        }
    }
}
