using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>Users, roles and the switch that makes them matter.</summary>
public sealed class AuthCalls
{
    private const string Service = "/etcdserverpb.Auth/";
    private readonly CallSender _sender;

    internal AuthCalls(CallSender sender) => _sender = sender;

    /// <summary>Turns authentication on; root must exist, with the role root.</summary>
    public Task<AuthEnableResponse> EnableAsync(AuthEnableRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "AuthEnable", request, AuthEnableResponse.Parser, cancellationToken);

    /// <summary>Turns authentication off.</summary>
    public Task<AuthDisableResponse> DisableAsync(AuthDisableRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "AuthDisable", request, AuthDisableResponse.Parser, cancellationToken);

    /// <summary>Whether authentication is on, and the revision of users and roles.</summary>
    public Task<AuthStatusResponse> StatusAsync(AuthStatusRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "AuthStatus", request, AuthStatusResponse.Parser, cancellationToken);

    /// <summary>Adds a user.</summary>
    public Task<AuthUserAddResponse> UserAddAsync(AuthUserAddRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "UserAdd", request, AuthUserAddResponse.Parser, cancellationToken);

    /// <summary>A user's roles.</summary>
    public Task<AuthUserGetResponse> UserGetAsync(AuthUserGetRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "UserGet", request, AuthUserGetResponse.Parser, cancellationToken);

    /// <summary>All users.</summary>
    public Task<AuthUserListResponse> UserListAsync(AuthUserListRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "UserList", request, AuthUserListResponse.Parser, cancellationToken);

    /// <summary>Deletes a user.</summary>
    public Task<AuthUserDeleteResponse> UserDeleteAsync(AuthUserDeleteRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "UserDelete", request, AuthUserDeleteResponse.Parser, cancellationToken);

    /// <summary>Changes a user's password.</summary>
    public Task<AuthUserChangePasswordResponse> UserChangePasswordAsync(AuthUserChangePasswordRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "UserChangePassword", request, AuthUserChangePasswordResponse.Parser, cancellationToken);

    /// <summary>Gives a user a role.</summary>
    public Task<AuthUserGrantRoleResponse> UserGrantRoleAsync(AuthUserGrantRoleRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "UserGrantRole", request, AuthUserGrantRoleResponse.Parser, cancellationToken);

    /// <summary>Takes a role from a user.</summary>
    public Task<AuthUserRevokeRoleResponse> UserRevokeRoleAsync(AuthUserRevokeRoleRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "UserRevokeRole", request, AuthUserRevokeRoleResponse.Parser, cancellationToken);

    /// <summary>Adds a role that permits nothing yet.</summary>
    public Task<AuthRoleAddResponse> RoleAddAsync(AuthRoleAddRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "RoleAdd", request, AuthRoleAddResponse.Parser, cancellationToken);

    /// <summary>What a role permits.</summary>
    public Task<AuthRoleGetResponse> RoleGetAsync(AuthRoleGetRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "RoleGet", request, AuthRoleGetResponse.Parser, cancellationToken);

    /// <summary>All roles.</summary>
    public Task<AuthRoleListResponse> RoleListAsync(AuthRoleListRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "RoleList", request, AuthRoleListResponse.Parser, cancellationToken);

    /// <summary>Deletes a role and takes it from its users.</summary>
    public Task<AuthRoleDeleteResponse> RoleDeleteAsync(AuthRoleDeleteRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "RoleDelete", request, AuthRoleDeleteResponse.Parser, cancellationToken);

    /// <summary>Permits a role to read or write a range of keys.</summary>
    public Task<AuthRoleGrantPermissionResponse> RoleGrantPermissionAsync(AuthRoleGrantPermissionRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "RoleGrantPermission", request, AuthRoleGrantPermissionResponse.Parser, cancellationToken);

    /// <summary>Takes a permission from a role.</summary>
    public Task<AuthRoleRevokePermissionResponse> RoleRevokePermissionAsync(AuthRoleRevokePermissionRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "RoleRevokePermission", request, AuthRoleRevokePermissionResponse.Parser, cancellationToken);
}
