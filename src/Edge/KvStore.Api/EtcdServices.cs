using KvStore.Api.Auth;
using KvStore.Api.Calls;
using KvStore.Api.Cluster;
using KvStore.Api.Elections;
using KvStore.Api.Health;
using KvStore.Api.Kv;
using KvStore.Api.Lease;
using KvStore.Api.Locks;
using KvStore.Api.Maintenance;
using KvStore.Api.Members;
using KvStore.Api.Metrics;
using KvStore.Api.Security;
using KvStore.Api.Watch;
using KvStore.Grpc;
using KvStore.Grpc.Server;

namespace KvStore.Api;

/// <summary>
/// Everything of etcd v3 that this member answers, put together: the server gives it the member and the ways to others, and takes
/// the table, the rule before every call, and what /health, /version and /metrics say. Owned and disposed by the server.
/// </summary>
public sealed class EtcdServices : IDisposable
{
    private readonly LeaderMonitor _leaders;
    private readonly RequestRules _rules;
    private readonly PasswordDesk _passwords;

    /// <param name="member">The member; its replies go to <paramref name="calls"/>.</param>
    /// <param name="calls">The table of waiting calls, which the member was started with.</param>
    /// <param name="ids">Ids for this life of the member.</param>
    /// <param name="peers">The way to the leader.</param>
    /// <param name="options">Limits and names.</param>
    /// <param name="security">How callers prove who they are; the server owns what is in it.</param>
    public EtcdServices(IMember member, PendingCalls calls, RequestIds ids, IPeerCalls peers, ApiOptions options, CallerSecurity security)
    {
        var headers = new ResponseHeaders(member);
        var gateway = new NodeGateway(member, calls, ids, peers, options, security);
        var quota = new QuotaGuard(member, gateway, options);
        var leader = new LeaderCalls(member, peers, options);
        var promotion = new LearnerPromotion(gateway, leader);
        var progress = new ClusterProgress(member, gateway, leader);
        var proposals = new MembershipProposals(member, gateway, progress);
        var leases = new LeaderLeases(gateway, leader);
        var measures = new ServiceMeasures();
        _leaders = new LeaderMonitor(member, options);
        _rules = new RequestRules(member);
        Gateway = gateway;
        PeerCalls = new PeerCalls(leases, new CorruptionCheck(member, gateway, peers, options), promotion, progress);
        Table = new GrpcServiceTable();
        new KvService(member, gateway, quota, headers, options).Register(Table);
        new WatchService(member, gateway, headers, _leaders, measures, options).Register(Table);
        new LeaseService(member, gateway, leases, _leaders, quota, headers, options).Register(Table);
        new ClusterService(member, gateway, promotion, proposals, headers, measures, options).Register(Table);
        new MembershipService(member, gateway, proposals, progress, headers, options).Register(Table);
        new MaintenanceService(member, gateway, quota, headers, measures, options).Register(Table);
        LockService.Register(Table);
        ElectionService.Register(Table);
        _passwords = new PasswordDesk(security);
        new AuthService(member, gateway, _passwords, headers).Register(Table);
        new HealthService().Register(Table);
        var health = new HealthCounts();
        HealthEndpoint = new Http.HealthEndpoint(member, gateway, health);
        VersionEndpoint = new Http.VersionEndpoint(member, options);
        Metrics = new MemberMetrics(member, Table, security.Tokens, health, measures, () => leases.Renewals);
    }

    public GrpcServiceTable Table { get; }

    public NodeGateway Gateway { get; }

    /// <summary>What other members ask this one; the peer transport hands it over.</summary>
    public PeerCalls PeerCalls { get; }

    public Http.HealthEndpoint HealthEndpoint { get; }

    public Http.VersionEndpoint VersionEndpoint { get; }

    public MemberMetrics Metrics { get; }

    /// <summary>For <see cref="GrpcRoomOptions.Admit"/>.</summary>
    public GrpcStatus Admit(ServerCall call) => _rules.Admit(call);

    public void Dispose()
    {
        _leaders.Dispose();
        _passwords.Dispose();
    }
}
