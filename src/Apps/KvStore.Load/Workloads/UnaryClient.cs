using KvStore.Grpc.Client;
using KvStore.Load.Loops;

namespace KvStore.Load.Workloads;

/// <summary>A caller whose calls do not depend on each other.</summary>
internal sealed class UnaryClient(GrpcChannel channel, CallOptions options, Func<(string Path, byte[] Request)> next) : ILoadClient
{
    public async ValueTask<long> CallAsync(CancellationToken cancellationToken)
    {
        var (path, request) = next();
        return (await channel.UnaryAsync(path, request, options, cancellationToken).ConfigureAwait(false)).Length;
    }

    public void Dispose()
    {
    }
}
