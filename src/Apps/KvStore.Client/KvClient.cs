using KvStore.Grpc;

namespace KvStore.Client;

/// <summary>
/// A client of the cluster: requests go to any reachable endpoint. Errors are <see cref="GrpcException"/> whose message is
/// etcd's text. Thread-safe; one for the whole process is enough. Dispose it to close the connections.
/// </summary>
/// <remarks>
/// A read is repeated while members are unavailable. A write is sent again only when it certainly never left this process (or was
/// refused for its token, which is judged first), so that it is never done twice; an error with the code unavailable or deadline
/// exceeded after that leaves open whether it was done, and the caller has to look.
/// </remarks>
public sealed class KvClient : IDisposable
{
    private readonly CallSender _sender;
    private readonly KeyPrefix _prefix;
    private readonly bool _isView;

    /// <summary>A client of the members at these addresses, in clear text unless they say https.</summary>
    public KvClient(params string[] endpoints)
        : this(new KvClientOptions { Endpoints = endpoints })
    {
    }

    /// <summary>A client with these options. Nothing is sent yet.</summary>
    /// <exception cref="ArgumentException">There is no endpoint, or one that is no address.</exception>
    public KvClient(KvClientOptions options)
        : this(new CallSender(options), KeyPrefix.None, isView: false)
    {
    }

    private KvClient(CallSender sender, KeyPrefix prefix, bool isView)
    {
        _sender = sender;
        _prefix = prefix;
        _isView = isView;
        Kv = new KvCalls(sender, prefix);
        Watch = new WatchCalls(sender, prefix);
        Lease = new LeaseCalls(sender, prefix);
        Cluster = new ClusterCalls(sender);
        Maintenance = new MaintenanceCalls(sender);
        Auth = new AuthCalls(sender);
        Lock = new LockCalls(sender, prefix);
        Election = new ElectionCalls(sender, prefix);
    }

    /// <summary>Keys and values.</summary>
    public KvCalls Kv { get; }

    /// <summary>Watching keys.</summary>
    public WatchCalls Watch { get; }

    /// <summary>Leases. One that lives as long as its owner is a <see cref="Session"/>.</summary>
    public LeaseCalls Lease { get; }

    /// <summary>Membership.</summary>
    public ClusterCalls Cluster { get; }

    /// <summary>What concerns one member, or the upkeep of the cluster.</summary>
    public MaintenanceCalls Maintenance { get; }

    /// <summary>Users, roles and permissions.</summary>
    public AuthCalls Auth { get; }

    /// <summary>Locks that a member waits for. Those of <see cref="Locks"/> survive the member.</summary>
    public LockCalls Lock { get; }

    /// <summary>Elections that a member waits for. Those of <see cref="Elections"/> survive the member.</summary>
    public ElectionCalls Election { get; }

    /// <summary>What the client was made with.</summary>
    public KvClientOptions Options => _sender.Options;

    /// <summary>
    /// A view of the keys under a prefix, as if they were all there are: it is put before every key that is sent and taken from every
    /// key that comes back, those of watches, locks and elections included. Revisions, leases and everything about members stay the
    /// cluster's. The view uses this client's connections and needs no disposing.
    /// </summary>
    public KvClient WithPrefix(KvBytes prefix) => new(_sender, _prefix.Then(prefix.ToByteString()), isView: true);

    /// <summary>Closes the connections; calls and watches under way end with an error. Of a view: does nothing.</summary>
    public void Dispose()
    {
        if (!_isView)
            _sender.Dispose();
    }
}
