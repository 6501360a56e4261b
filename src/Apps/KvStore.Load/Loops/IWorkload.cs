using KvStore.Grpc;
using KvStore.Primitives;

namespace KvStore.Load.Loops;

/// <summary>A kind of load: makes the callers.</summary>
public interface IWorkload
{
    string Name { get; }

    /// <summary>Whatever must be there before: leases, keys. Not measured.</summary>
    Task PrepareAsync(LoadPlan plan, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <param name="number">From 0 to the number of clients - 1.</param>
    /// <param name="plan">Of the run; its connections are shared by the clients.</param>
    /// <param name="random">This client's own.</param>
    ILoadClient ClientOf(int number, LoadPlan plan, Prng random);

    /// <summary>What a failed call is counted under.</summary>
    string ReasonOf(GrpcException failed) => $"{failed.Code}: {failed.Message}";
}
