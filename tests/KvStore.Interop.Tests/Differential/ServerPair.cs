namespace KvStore.Interop.Tests.Differential;

/// <summary>A member of etcd's cluster and the one of ours that has its part, each asked in both ways: 0 is etcd.</summary>
internal sealed class ServerPair(string expected, string actual) : IDisposable
{
    public Peer[] Grpc { get; } = [new(expected), new(actual)];

    public JsonPeer[] Json { get; } = [new(expected), new(actual)];

    public void Dispose()
    {
        foreach (var peer in Grpc)
            peer.Dispose();
        foreach (var peer in Json)
            peer.Dispose();
    }
}
