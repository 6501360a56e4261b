using KvStore.Protocol.Lock;

namespace KvStore.Client;

/// <summary>Locks that last as long as a lease.</summary>
public sealed class LockCalls
{
    private const string Service = "/v3lockpb.Lock/";
    private readonly CallSender _sender;

    internal LockCalls(CallSender sender) => _sender = sender;

    /// <summary>
    /// Waits for the lock. Never repeated by itself: the member that was left behind gives up the place of a caller who went away, and
    /// with the same lease that would be the lock of the second call. Who repeats it takes a new lease.
    /// </summary>
    public Task<LockResponse> LockAsync(LockRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "Lock", request, LockResponse.Parser, cancellationToken);

    public Task<UnlockResponse> UnlockAsync(UnlockRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "Unlock", request, UnlockResponse.Parser, cancellationToken);
}
