namespace KvStore.Client;

/// <summary>
/// A client of the cluster: requests go to any reachable endpoint. Errors are <see cref="Grpc.GrpcException"/> whose message is
/// etcd's text. Thread-safe; dispose it to close the connections.
/// </summary>
/// <remarks>
/// A read is repeated while members are unavailable. A write is sent again only when it certainly never left this process, so that
/// it is never done twice; an error after that leaves open whether it was done, and the caller has to look.
/// </remarks>
public sealed class KvClient : IDisposable
{
    private readonly CallSender _sender;

    public KvClient(KvClientOptions options)
    {
        _sender = new CallSender(options);
        Kv = new KvCalls(_sender);
        Watch = new WatchCalls(_sender);
        Lease = new LeaseCalls(_sender);
        Cluster = new ClusterCalls(_sender);
        Maintenance = new MaintenanceCalls(_sender);
        Auth = new AuthCalls(_sender);
        Lock = new LockCalls(_sender);
        Election = new ElectionCalls(_sender);
    }

    public KvCalls Kv { get; }

    public WatchCalls Watch { get; }

    public LeaseCalls Lease { get; }

    public ClusterCalls Cluster { get; }

    public MaintenanceCalls Maintenance { get; }

    public AuthCalls Auth { get; }

    public LockCalls Lock { get; }

    public ElectionCalls Election { get; }

    public void Dispose() => _sender.Dispose();
}
