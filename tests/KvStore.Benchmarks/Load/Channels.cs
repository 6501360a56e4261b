using KvStore.Benchmarks.Servers;
using KvStore.Grpc.Client;

namespace KvStore.Benchmarks.Load;

/// <summary>Connections to the first members of a cluster in turn.</summary>
internal sealed class Channels(MeasuredCluster cluster, int connections, int members, GrpcChannelOptions? options = null) : IDisposable
{
    public IReadOnlyList<GrpcChannel> All { get; } =
        [.. Enumerable.Range(0, connections).Select(number => new GrpcChannel("http://" + cluster.Endpoints[number % members], options))];

    public void Dispose()
    {
        foreach (var channel in All)
            channel.Dispose();
    }
}
