using KvStore.Protocol.Lock;

namespace KvStore.Client;

/// <summary>
/// Locks that last as long as a lease, waited for by a member in the caller's name. <see cref="Locks"/> waits itself and so survives
/// the member. Thread-safe.
/// </summary>
public sealed class LockCalls
{
    private const string Service = "/v3lockpb.Lock/";
    private readonly CallSender _sender;
    private readonly KeyPrefix _prefix;

    internal LockCalls(CallSender sender, KeyPrefix prefix)
    {
        _sender = sender;
        _prefix = prefix;
    }

    /// <summary>
    /// Waits for the lock; the token is the only limit. Never repeated by itself: the member that was left behind gives up the place of
    /// a caller who went away, and with the same lease that would be the lock of the second call. Who repeats it takes a new lease.
    /// </summary>
    public async Task<LockResponse> LockAsync(LockRequest request, CancellationToken cancellationToken = default)
    {
        var own = new LockRequest { Name = _prefix.Add(request.Name), Lease = request.Lease };
        var answer = await _sender.WaitAsync(Service + "Lock", own, LockResponse.Parser, cancellationToken).ConfigureAwait(false);
        answer.Key = _prefix.Strip(answer.Key);
        return answer;
    }

    /// <summary>Gives a lock back by the key that stands for it.</summary>
    public Task<UnlockResponse> UnlockAsync(UnlockRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "Unlock", new UnlockRequest { Key = _prefix.Add(request.Key) }, UnlockResponse.Parser, cancellationToken);
}
