using Google.Protobuf;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Election;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Health;
using KvStore.Protocol.Lock;
using KvStore.Protocol.Memberships;

namespace KvStore.Api.Tests.Auth;

/// <summary>
/// Who may call what. A row has one letter for each caller, in the order of <see cref="Callers"/>: <c>+</c> let in (whatever else is
/// wrong with the request), <c>E</c> user name is empty, <c>T</c> invalid auth token, <c>D</c> permission denied, <c>S</c> database
/// space exceeded. The second word holds while the NOSPACE alarm is on.
/// </summary>
internal static class AccessTable
{
    public static readonly string[] Callers = ["nobody", "unknown", "gone", "plain", "reader", "writer", "root"];

    private const string Root = "ETTDDD+";
    private const string Known = "ETT++++";
    private const string Open = "+++++++";
    private const string Reads = "ETTD+D+";
    private const string Writes = "ETTDD++";

    // The alarm is judged before the caller where both are judged at apply; who the caller is was established before.
    private const string NoSpace = "STTSSSS";
    private const string KnownNoSpace = "ETTSSSS";

    public static IEnumerable<AccessRow> Rows()
    {
        foreach (var row in Kv().Concat(Txns()).Concat(Watches()).Concat(Leases()).Concat(Cluster()).Concat(Maintenance()).Concat(Users()).Concat(Lines()))
            yield return row;
        yield return new("/grpc.health.v1.Health/Check", new HealthCheckRequest(), Open);
        yield return new("/grpc.health.v1.Health/Watch", new HealthCheckRequest(), Open);
        // What ends the table: a lease is gone afterwards, and then nobody is asked who he is.
        yield return new("/etcdserverpb.Lease/LeaseRevoke", new LeaseRevokeRequest { ID = AuthHost.SecretLease }, Root);
        yield return new("/etcdserverpb.Auth/AuthDisable", new AuthDisableRequest(), Root);
    }

    private static IEnumerable<AccessRow> Kv()
    {
        const string service = "/etcdserverpb.KV/";
        foreach (var serializable in new[] { false, true })
        {
            yield return new(service + "Range", new RangeRequest { Key = Key("k/1"), Serializable = serializable }, Reads);
            yield return new(service + "Range", new RangeRequest { Key = Key("k/"), RangeEnd = Key("k0"), Serializable = serializable }, Reads);
            yield return new(service + "Range", new RangeRequest { Key = Key("k/1"), RangeEnd = Key("\0"), Serializable = serializable }, Root);
            yield return new(service + "Range", new RangeRequest { Key = Key("k/1"), CountOnly = true, RangeEnd = Key("l"), Serializable = serializable }, Root);
        }

        yield return new(service + "RangeStream", new RangeRequest { Key = Key("k/"), RangeEnd = Key("k0") }, Reads);
        yield return new(service + "RangeStream", new RangeRequest { Key = Key("k/"), RangeEnd = Key("\0") }, Root);
        yield return new(service + "Put", new PutRequest { Key = Key("k/1") }, Writes, NoSpace);
        yield return new(service + "Put", new PutRequest { Key = Key("k/1"), PrevKv = true }, Root, NoSpace);
        yield return new(service + "Put", new PutRequest { Key = Key("k/1"), Lease = AuthHost.SecretLease }, Root, NoSpace);
        yield return new(service + "Put", new PutRequest { Key = Key("k/1"), Lease = AuthHost.EmptyLease }, Writes, NoSpace);
        yield return new(service + "DeleteRange", new DeleteRangeRequest { Key = Key("k/2") }, Writes);
        yield return new(service + "DeleteRange", new DeleteRangeRequest { Key = Key("k/2"), PrevKv = true }, Root);
        yield return new(service + "DeleteRange", new DeleteRangeRequest { Key = Key("z"), RangeEnd = Key("\0") }, Root);
        yield return new(service + "Compact", new CompactionRequest(), Root);
    }

    private static IEnumerable<AccessRow> Txns()
    {
        const string path = "/etcdserverpb.KV/Txn";
        var put = new RequestOp { RequestPut = new PutRequest { Key = Key("k/1") } };
        var previous = new RequestOp { RequestPut = new PutRequest { Key = Key("k/1"), PrevKv = true } };
        var lease = new RequestOp { RequestPut = new PutRequest { Key = Key("k/1"), Lease = AuthHost.SecretLease } };
        var read = new RequestOp { RequestRange = new RangeRequest { Key = Key("k/1") } };
        var delete = new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = Key("k/2") } };
        var compare = new Compare { Key = Key("k/1"), Target = Compare.Types.CompareTarget.Version };
        yield return new(path, new TxnRequest { Success = { read } }, Reads);
        yield return new(path, new TxnRequest { Compare = { compare } }, Reads);
        yield return new(path, new TxnRequest { Failure = { read }, Success = { new RequestOp { RequestRange = new RangeRequest { Key = Key("secret") } } } }, Root);
        // Nothing is asked, so nobody is asked who he is.
        yield return new(path, new TxnRequest(), "+TT++++");
        yield return new(path, new TxnRequest { Success = { put } }, Writes, NoSpace);
        yield return new(path, new TxnRequest { Failure = { put } }, Writes, NoSpace);
        yield return new(path, new TxnRequest { Success = { delete } }, Writes);
        yield return new(path, new TxnRequest { Compare = { compare }, Success = { delete } }, Root);
        // CVE-2026-33343, CVE-2026-44283: nested, with the former value, with a lease.
        yield return new(path, Nested(new TxnRequest { Success = { put } }), Writes, NoSpace);
        yield return new(path, Nested(new TxnRequest { Success = { previous } }), Root, NoSpace);
        yield return new(path, Nested(new TxnRequest { Failure = { lease } }), Root, NoSpace);
        yield return new(path, Nested(new TxnRequest { Compare = { compare }, Failure = { delete } }), Root);
        yield return new(path, Nested(Nested(new TxnRequest { Success = { read } })), Reads);
    }

    private static IEnumerable<AccessRow> Watches()
    {
        const string path = "/etcdserverpb.Watch/Watch";
        yield return new(path, Watch("k/1", ""), Reads);
        yield return new(path, Watch("k/", "k0"), Reads);
        yield return new(path, Watch("secret", ""), Root);
        // GHSA-xg4h-6gfc-h4m8: from a key on is more than the key.
        yield return new(path, Watch("k/1", "\0"), Root);
        yield return new(path, Watch("", "\0"), Root);
        yield return new(path, Watch("", ""), Root);
    }

    private static IEnumerable<AccessRow> Leases()
    {
        const string service = "/etcdserverpb.Lease/";
        yield return new(service + "LeaseGrant", new LeaseGrantRequest { TTL = 60 }, Known, KnownNoSpace);
        yield return new(service + "LeaseRevoke", new LeaseRevokeRequest { ID = 4444 }, Known);
        yield return new(service + "LeaseKeepAlive", new LeaseKeepAliveRequest { ID = AuthHost.SecretLease }, Root);
        yield return new(service + "LeaseKeepAlive", new LeaseKeepAliveRequest { ID = AuthHost.EmptyLease }, Known);
        yield return new(service + "LeaseKeepAlive", new LeaseKeepAliveRequest { ID = AuthHost.ReadableLease }, Writes);
        yield return new(service + "LeaseTimeToLive", new LeaseTimeToLiveRequest { ID = AuthHost.SecretLease }, Known);
        // CVE-2023-32082: the names of the keys are for who may read the keys.
        yield return new(service + "LeaseTimeToLive", new LeaseTimeToLiveRequest { ID = AuthHost.SecretLease, Keys = true }, Root);
        yield return new(service + "LeaseTimeToLive", new LeaseTimeToLiveRequest { ID = AuthHost.ReadableLease, Keys = true }, Reads);
        yield return new(service + "LeaseLeases", new LeaseLeasesRequest(), Root);
    }

    private static IEnumerable<AccessRow> Cluster()
    {
        const string service = "/etcdserverpb.Cluster/";
        yield return new(service + "MemberList", new MemberListRequest(), Known);
        yield return new(service + "MemberList", new MemberListRequest { Linearizable = true }, Known);
        yield return new(service + "MemberAdd", new MemberAddRequest { PeerURLs = { "http://b:2380" }, IsLearner = true }, Root);
        yield return new(service + "MemberRemove", new MemberRemoveRequest { ID = 77 }, Root);
        yield return new(service + "MemberUpdate", new MemberUpdateRequest { ID = 77, PeerURLs = { "http://c:2380" } }, Root);
        yield return new(service + "MemberPromote", new MemberPromoteRequest { ID = 77 }, Root);
        const string own = "/kvstore.membership.Membership/";
        yield return new(own + "Join", new JoinRequest { PeerUrls = { "http://d:2380" }, Replaces = 77 }, Root);
        yield return new(own + "Progress", new ProgressRequest(), Root);
    }

    private static IEnumerable<AccessRow> Maintenance()
    {
        const string service = "/etcdserverpb.Maintenance/";
        yield return new(service + "Status", new StatusRequest(), Known);
        yield return new(service + "Alarm", new AlarmRequest(), Known);
        yield return new(service + "Alarm", new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Activate }, Root);
        yield return new(service + "Alarm", new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Deactivate, Alarm = AlarmType.Corrupt }, Root);
        yield return new(service + "Hash", new HashRequest(), Root);
        yield return new(service + "HashKV", new HashKVRequest(), Root);
        yield return new(service + "Defragment", new DefragmentRequest(), Root);
        yield return new(service + "MoveLeader", new MoveLeaderRequest(), Root);
        yield return new(service + "Snapshot", new SnapshotRequest(), Root);
        yield return new(service + "Downgrade", new DowngradeRequest(), Root);
    }

    private static IEnumerable<AccessRow> Users()
    {
        const string service = "/etcdserverpb.Auth/";
        yield return new(service + "Authenticate", new AuthenticateRequest { Name = "plain", Password = AuthHost.Password }, Open);
        yield return new(service + "AuthStatus", new AuthStatusRequest(), "+TT++++");
        yield return new(service + "AuthEnable", new AuthEnableRequest(), Root);
        yield return new(service + "UserAdd", new AuthUserAddRequest { Name = "plain", Password = "other" }, Root);
        yield return new(service + "UserAdd", new AuthUserAddRequest { Name = "plain", Options = new UserAddOptions { NoPassword = true } }, Root);
        yield return new(service + "UserGet", new AuthUserGetRequest { Name = "plain" }, "ETT+DD+");
        yield return new(service + "UserList", new AuthUserListRequest(), Root);
        yield return new(service + "UserDelete", new AuthUserDeleteRequest { Name = "missing" }, Root);
        yield return new(service + "UserChangePassword", new AuthUserChangePasswordRequest { Name = "missing", Password = "other" }, Root);
        yield return new(service + "UserGrantRole", new AuthUserGrantRoleRequest { User = "missing", Role = "root" }, Root);
        yield return new(service + "UserRevokeRole", new AuthUserRevokeRoleRequest { Name = "missing", Role = "root" }, Root);
        yield return new(service + "RoleAdd", new AuthRoleAddRequest { Name = "reads" }, Root);
        yield return new(service + "RoleGet", new AuthRoleGetRequest { Role = "reads" }, Reads);
        yield return new(service + "RoleList", new AuthRoleListRequest(), Root);
        yield return new(service + "RoleDelete", new AuthRoleDeleteRequest { Role = "missing" }, Root);
        yield return new(service + "RoleGrantPermission", new AuthRoleGrantPermissionRequest { Name = "missing", Perm = new Permission { Key = Key("x") } }, Root);
        yield return new(service + "RoleRevokePermission", new AuthRoleRevokePermissionRequest { Role = "reads", Key = Key("x") }, Root);
    }

    /// <summary>Locks and elections are made of keys and leases, in their caller's name.</summary>
    private static IEnumerable<AccessRow> Lines()
    {
        const string election = "/v3electionpb.Election/";
        var leader = new LeaderKey { Name = Key("e"), Key = Key("e/1"), Rev = 1 };
        yield return new("/v3lockpb.Lock/Lock", new LockRequest { Name = Key("l") }, Root, KnownNoSpace);
        yield return new("/v3lockpb.Lock/Unlock", new UnlockRequest { Key = Key("l/1") }, Root);
        yield return new(election + "Campaign", new CampaignRequest { Name = Key("e") }, Root, KnownNoSpace);
        yield return new(election + "Leader", new LeaderRequest { Name = Key("e") }, Root);
        yield return new(election + "Observe", new LeaderRequest { Name = Key("e") }, Root);
        yield return new(election + "Proclaim", new ProclaimRequest { Leader = leader }, Root, NoSpace);
        yield return new(election + "Resign", new ResignRequest { Leader = leader }, Root);
    }

    private static WatchRequest Watch(string key, string end) =>
        new() { CreateRequest = new WatchCreateRequest { Key = Key(key), RangeEnd = Key(end) } };

    private static TxnRequest Nested(TxnRequest txn) => new() { Success = { new RequestOp { RequestTxn = txn } } };

    private static ByteString Key(string text) => ByteString.CopyFromUtf8(text);
}
