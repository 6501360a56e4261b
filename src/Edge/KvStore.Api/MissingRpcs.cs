using KvStore.Grpc.Server;

namespace KvStore.Api;

/// <summary>
/// The rpcs of etcd that have no handler yet, in one place: they are declared, so that a client hears "unknown method" with
/// Unimplemented and not "unknown service". A test compares this list with the table; a handler and its line here go together.
/// </summary>
public static class MissingRpcs
{
    public static IReadOnlyList<string> Paths { get; } =
    [
        "/etcdserverpb.Auth/AuthDisable",
        "/etcdserverpb.Auth/AuthEnable",
        "/etcdserverpb.Auth/AuthStatus",
        "/etcdserverpb.Auth/Authenticate",
        "/etcdserverpb.Auth/RoleAdd",
        "/etcdserverpb.Auth/RoleDelete",
        "/etcdserverpb.Auth/RoleGet",
        "/etcdserverpb.Auth/RoleGrantPermission",
        "/etcdserverpb.Auth/RoleList",
        "/etcdserverpb.Auth/RoleRevokePermission",
        "/etcdserverpb.Auth/UserAdd",
        "/etcdserverpb.Auth/UserChangePassword",
        "/etcdserverpb.Auth/UserDelete",
        "/etcdserverpb.Auth/UserGet",
        "/etcdserverpb.Auth/UserGrantRole",
        "/etcdserverpb.Auth/UserList",
        "/etcdserverpb.Auth/UserRevokeRole",
        "/etcdserverpb.Maintenance/Downgrade",
        "/etcdserverpb.Maintenance/Snapshot",
    ];

    internal static void Declare(GrpcServiceTable table)
    {
        table.Declare(Protocol.Etcd.RpcReflection.Descriptor.Services.Single(service => service.Name == "Auth"));
    }
}
