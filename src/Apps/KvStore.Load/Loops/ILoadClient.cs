namespace KvStore.Load.Loops;

/// <summary>One caller: makes one call after the other. Used by one task at a time.</summary>
public interface ILoadClient : IDisposable
{
    /// <summary>One call; the number of bytes answered. Throws <see cref="KvStore.Grpc.GrpcException"/> when it failed.</summary>
    ValueTask<long> CallAsync(CancellationToken cancellationToken);
}
