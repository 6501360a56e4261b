using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>Users, roles and the switch that makes them matter.</summary>
public sealed class AuthCalls
{
    private const string Service = "/etcdserverpb.Auth/";
    private readonly CallSender _sender;

    internal AuthCalls(CallSender sender) => _sender = sender;

    public Task<AuthEnableResponse> EnableAsync(AuthEnableRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "AuthEnable", request, AuthEnableResponse.Parser, cancellationToken);

    public Task<AuthDisableResponse> DisableAsync(AuthDisableRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "AuthDisable", request, AuthDisableResponse.Parser, cancellationToken);

    public Task<AuthStatusResponse> StatusAsync(AuthStatusRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "AuthStatus", request, AuthStatusResponse.Parser, cancellationToken);

    public Task<AuthUserAddResponse> UserAddAsync(AuthUserAddRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "UserAdd", request, AuthUserAddResponse.Parser, cancellationToken);

    public Task<AuthUserGetResponse> UserGetAsync(AuthUserGetRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "UserGet", request, AuthUserGetResponse.Parser, cancellationToken);

    public Task<AuthUserListResponse> UserListAsync(AuthUserListRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "UserList", request, AuthUserListResponse.Parser, cancellationToken);

    public Task<AuthUserDeleteResponse> UserDeleteAsync(AuthUserDeleteRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "UserDelete", request, AuthUserDeleteResponse.Parser, cancellationToken);

    public Task<AuthUserChangePasswordResponse> UserChangePasswordAsync(AuthUserChangePasswordRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "UserChangePassword", request, AuthUserChangePasswordResponse.Parser, cancellationToken);

    public Task<AuthUserGrantRoleResponse> UserGrantRoleAsync(AuthUserGrantRoleRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "UserGrantRole", request, AuthUserGrantRoleResponse.Parser, cancellationToken);

    public Task<AuthUserRevokeRoleResponse> UserRevokeRoleAsync(AuthUserRevokeRoleRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "UserRevokeRole", request, AuthUserRevokeRoleResponse.Parser, cancellationToken);

    public Task<AuthRoleAddResponse> RoleAddAsync(AuthRoleAddRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "RoleAdd", request, AuthRoleAddResponse.Parser, cancellationToken);

    public Task<AuthRoleGetResponse> RoleGetAsync(AuthRoleGetRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "RoleGet", request, AuthRoleGetResponse.Parser, cancellationToken);

    public Task<AuthRoleListResponse> RoleListAsync(AuthRoleListRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "RoleList", request, AuthRoleListResponse.Parser, cancellationToken);

    public Task<AuthRoleDeleteResponse> RoleDeleteAsync(AuthRoleDeleteRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "RoleDelete", request, AuthRoleDeleteResponse.Parser, cancellationToken);

    public Task<AuthRoleGrantPermissionResponse> RoleGrantPermissionAsync(AuthRoleGrantPermissionRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "RoleGrantPermission", request, AuthRoleGrantPermissionResponse.Parser, cancellationToken);

    public Task<AuthRoleRevokePermissionResponse> RoleRevokePermissionAsync(AuthRoleRevokePermissionRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "RoleRevokePermission", request, AuthRoleRevokePermissionResponse.Parser, cancellationToken);
}
