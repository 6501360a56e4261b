using System.Collections.Frozen;
using Google.Protobuf.Reflection;
using KvStore.Protocol.Election;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Lock;

namespace KvStore.Api.Gateway;

/// <summary>Which path stands for which method, as etcd's protos say it. RangeStream and Health have none there either.</summary>
public static class GatewayRoutes
{
    /// <summary>What every path begins with.</summary>
    public const string Prefix = "/v3/";

    /// <summary>The prefix of 3.3, which etcd still answers.</summary>
    public const string BetaPrefix = "/v3beta/";

    private static readonly (string Service, string Method, string Path)[] _table =
    [
        ("KV", "Range", "kv/range"),
        ("KV", "Put", "kv/put"),
        ("KV", "DeleteRange", "kv/deleterange"),
        ("KV", "Txn", "kv/txn"),
        ("KV", "Compact", "kv/compaction"),
        ("Watch", "Watch", "watch"),
        ("Lease", "LeaseGrant", "lease/grant"),
        ("Lease", "LeaseRevoke", "lease/revoke"),
        ("Lease", "LeaseRevoke", "kv/lease/revoke"),
        ("Lease", "LeaseKeepAlive", "lease/keepalive"),
        ("Lease", "LeaseTimeToLive", "lease/timetolive"),
        ("Lease", "LeaseTimeToLive", "kv/lease/timetolive"),
        ("Lease", "LeaseLeases", "lease/leases"),
        ("Lease", "LeaseLeases", "kv/lease/leases"),
        ("Cluster", "MemberAdd", "cluster/member/add"),
        ("Cluster", "MemberRemove", "cluster/member/remove"),
        ("Cluster", "MemberUpdate", "cluster/member/update"),
        ("Cluster", "MemberList", "cluster/member/list"),
        ("Cluster", "MemberPromote", "cluster/member/promote"),
        ("Maintenance", "Alarm", "maintenance/alarm"),
        ("Maintenance", "Status", "maintenance/status"),
        ("Maintenance", "Defragment", "maintenance/defragment"),
        ("Maintenance", "Hash", "maintenance/hash"),
        ("Maintenance", "HashKV", "maintenance/hashkv"),
        ("Maintenance", "Snapshot", "maintenance/snapshot"),
        ("Maintenance", "MoveLeader", "maintenance/transfer-leadership"),
        ("Maintenance", "Downgrade", "maintenance/downgrade"),
        ("Auth", "AuthEnable", "auth/enable"),
        ("Auth", "AuthDisable", "auth/disable"),
        ("Auth", "AuthStatus", "auth/status"),
        ("Auth", "Authenticate", "auth/authenticate"),
        ("Auth", "UserAdd", "auth/user/add"),
        ("Auth", "UserGet", "auth/user/get"),
        ("Auth", "UserList", "auth/user/list"),
        ("Auth", "UserDelete", "auth/user/delete"),
        ("Auth", "UserChangePassword", "auth/user/changepw"),
        ("Auth", "UserGrantRole", "auth/user/grant"),
        ("Auth", "UserRevokeRole", "auth/user/revoke"),
        ("Auth", "RoleAdd", "auth/role/add"),
        ("Auth", "RoleGet", "auth/role/get"),
        ("Auth", "RoleList", "auth/role/list"),
        ("Auth", "RoleDelete", "auth/role/delete"),
        ("Auth", "RoleGrantPermission", "auth/role/grant"),
        ("Auth", "RoleRevokePermission", "auth/role/revoke"),
        ("Election", "Campaign", "election/campaign"),
        ("Election", "Proclaim", "election/proclaim"),
        ("Election", "Leader", "election/leader"),
        ("Election", "Observe", "election/observe"),
        ("Election", "Resign", "election/resign"),
        ("Lock", "Lock", "lock/lock"),
        ("Lock", "Unlock", "lock/unlock"),
    ];

    /// <summary>Every path and its method.</summary>
    public static IReadOnlyDictionary<string, MethodDescriptor> All { get; } = Build();

    private static FrozenDictionary<string, MethodDescriptor> Build()
    {
        var services = new[] { RpcReflection.Descriptor, ElectionReflection.Descriptor, LockReflection.Descriptor }
            .SelectMany(file => file.Services).ToDictionary(service => service.Name, StringComparer.Ordinal);
        return _table.ToFrozenDictionary(
            entry => Prefix + entry.Path,
            entry => services[entry.Service].FindMethodByName(entry.Method),
            StringComparer.Ordinal);
    }
}
