using KvStore.Grpc.Client;
using KvStore.Primitives;

namespace KvStore.Load.Loops;

/// <summary>A kind of load: makes the callers.</summary>
public interface IWorkload
{
    string Name { get; }

    /// <summary>Whatever must be there before: leases, keys. Not measured.</summary>
    Task PrepareAsync(LoadPlan plan, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <param name="number">From 0 to the number of clients - 1.</param>
    /// <param name="channel">The connection this client shares with others.</param>
    /// <param name="random">This client's own.</param>
    ILoadClient ClientOf(int number, GrpcChannel channel, Prng random);
}
