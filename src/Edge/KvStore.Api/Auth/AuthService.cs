using Google.Protobuf;
using Google.Protobuf.Reflection;
using KvStore.Api.Members;
using KvStore.Api.Security;
using KvStore.Grpc.Server;
using KvStore.Protocol;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine;

namespace KvStore.Api.Auth;

/// <summary>
/// The Auth service (contract 3.9). Changes go through the log and are judged there; questions are answered from the state that a
/// linearizable read would see. Passwords end here: what goes on is their hash.
/// </summary>
internal sealed class AuthService(IMember member, NodeGateway gateway, PasswordDesk passwords, ResponseHeaders headers)
{
    private readonly LogIn _logIn = new(member, gateway, passwords, headers);

    public void Register(GrpcServiceTable table)
    {
        var methods = RpcReflection.Descriptor.Services.Single(service => service.Name == "Auth");
        table.Declare(methods);
        table.Unary<AuthenticateRequest, AuthenticateResponse>(methods.FindMethodByName("Authenticate"), _logIn.AuthenticateAsync);
        RegisterQuestions(table, methods);
        Change(table, methods, "AuthEnable", CommandKind.AuthEnable);
        Change(table, methods, "AuthDisable", CommandKind.AuthDisable);
        table.Unary(methods.FindMethodByName("UserAdd"), AddUserAsync);
        table.Unary(methods.FindMethodByName("UserChangePassword"), ChangePasswordAsync);
        Change(table, methods, "UserDelete", CommandKind.UserDelete);
        Change(table, methods, "UserGrantRole", CommandKind.UserGrantRole);
        Change(table, methods, "UserRevokeRole", CommandKind.UserRevokeRole);
        Change(table, methods, "RoleAdd", CommandKind.RoleAdd);
        Change(table, methods, "RoleDelete", CommandKind.RoleDelete);
        Change(table, methods, "RoleGrantPermission", CommandKind.RoleGrantPermission);
        Change(table, methods, "RoleRevokePermission", CommandKind.RoleRevokePermission);
    }

    private void RegisterQuestions(GrpcServiceTable table, ServiceDescriptor methods)
    {
        table.Unary<AuthStatusRequest, AuthStatusResponse>(methods.FindMethodByName("AuthStatus"), StatusAsync);
        table.Unary<AuthUserGetRequest, AuthUserGetResponse>(methods.FindMethodByName("UserGet"), GetUserAsync);
        table.Unary<AuthUserListRequest, AuthUserListResponse>(methods.FindMethodByName("UserList"), ListUsersAsync);
        table.Unary<AuthRoleGetRequest, AuthRoleGetResponse>(methods.FindMethodByName("RoleGet"), GetRoleAsync);
        table.Unary<AuthRoleListRequest, AuthRoleListResponse>(methods.FindMethodByName("RoleList"), ListRolesAsync);
    }

    /// <summary>A request that goes into the log as the client sent it; it holds nothing secret.</summary>
    private void Change(GrpcServiceTable table, ServiceDescriptor methods, string name, CommandKind kind)
    {
        var method = methods.FindMethodByName(name);
        table.Unary(method, (call, request, response) =>
        {
            if (TryParse(method.InputType.Parser, request) is not null)
                return ProposeAsync(call, kind, request, response);
            call.Fail(EtcdErrors.MalformedRequest);
            return ValueTask.CompletedTask;
        });
    }

    private async ValueTask AddUserAsync(ServerCall call, ReadOnlyMemory<byte> bytes, ResponseWriter response)
    {
        if (TryParse(AuthUserAddRequest.Parser, bytes) is not AuthUserAddRequest request)
        {
            call.Fail(EtcdErrors.MalformedRequest);
            return;
        }

        if (request.Options?.NoPassword != true)
        {
            var (error, hash) = await HashAsync(call, request.Password).ConfigureAwait(false);
            if (call.IsRefused(error))
                return;
            request.HashedPassword = hash;
        }

        request.Password = "";
        await ProposeAsync(call, CommandKind.UserAdd, request.ToByteArray(), response).ConfigureAwait(false);
    }

    /// <summary>A caller may bring the hash itself: users move over from another cluster without anybody knowing their passwords.</summary>
    private async ValueTask ChangePasswordAsync(ServerCall call, ReadOnlyMemory<byte> bytes, ResponseWriter response)
    {
        if (TryParse(AuthUserChangePasswordRequest.Parser, bytes) is not AuthUserChangePasswordRequest request)
        {
            call.Fail(EtcdErrors.MalformedRequest);
            return;
        }

        var needsNone = member.Auth.FindUser(request.Name) is { HasNoPassword: true };
        var bringsHash = request.Password.Length == 0 && request.HashedPassword.Length > 0;
        if (!needsNone && !bringsHash)
        {
            var (error, hash) = await HashAsync(call, request.Password).ConfigureAwait(false);
            if (call.IsRefused(error))
                return;
            request.HashedPassword = hash;
        }

        request.Password = "";
        await ProposeAsync(call, CommandKind.UserChangePassword, request.ToByteArray(), response).ConfigureAwait(false);
    }

    /// <summary>Only for somebody who may: a hash costs what a hundred other calls do.</summary>
    private async ValueTask<(EtcdError? Error, string Hash)> HashAsync(ServerCall call, string password)
    {
        if (passwords.Check(password) is { } unfit)
            return (unfit, "");
        if (await gateway.Identity.CheckRootAsync(call).ConfigureAwait(false) is { } refused)
            return (refused, "");
        var (error, hash) = await passwords.HashAsync(password, call.CancellationToken).ConfigureAwait(false);
        return (error, Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(hash)));
    }

    private async ValueTask ProposeAsync(ServerCall call, CommandKind kind, ReadOnlyMemory<byte> request, ResponseWriter response)
    {
        var reply = await gateway.ProposeAsync(call, kind, request.Span).ConfigureAwait(false);
        if (!call.IsRefused(reply.Error))
            await headers.AnswerAsync(response, reply.Revision, reply.Body).ConfigureAwait(false);
    }

    /// <summary>Open to everybody since etcd 3.7, because a client asks before it has a token; a wrong token is refused all the same.</summary>
    private async ValueTask<AuthStatusResponse?> StatusAsync(ServerCall call, AuthStatusRequest request)
    {
        var (refused, identity) = await ReadAsync(call).ConfigureAwait(false);
        return call.IsRefused(refused)
            ? null
            : new AuthStatusResponse { Header = headers.Current(), Enabled = identity.Table.IsEnabled, AuthRevision = identity.Table.Revision.Value };
    }

    /// <summary>For root, and for the user itself.</summary>
    private async ValueTask<AuthUserGetResponse?> GetUserAsync(ServerCall call, AuthUserGetRequest request)
    {
        var (refused, identity) = await ReadAsync(call).ConfigureAwait(false);
        if (refused is null && identity.Caller.User != request.Name)
            refused = identity.CheckRoot();
        if (call.IsRefused(refused))
            return null;
        if (identity.Table.FindUser(request.Name) is not { } user)
        {
            call.Fail(EtcdErrors.UserNotFound);
            return null;
        }

        return new AuthUserGetResponse { Header = headers.Current(), Roles = { user.Roles } };
    }

    private async ValueTask<AuthUserListResponse?> ListUsersAsync(ServerCall call, AuthUserListRequest request)
    {
        var (refused, identity) = await ReadAsync(call).ConfigureAwait(false);
        return call.IsRefused(refused ?? identity.CheckRoot())
            ? null
            : new AuthUserListResponse { Header = headers.Current(), Users = { identity.Table.UserNames } };
    }

    /// <summary>For root, and for who has the role. The root role is said to cover everything, whatever its record says.</summary>
    private async ValueTask<AuthRoleGetResponse?> GetRoleAsync(ServerCall call, AuthRoleGetRequest request)
    {
        var (refused, identity) = await ReadAsync(call).ConfigureAwait(false);
        var hasRole = identity.Caller.User is { } name && identity.Table.FindUser(name) is { } user && user.Roles.Contains(request.Role);
        if (call.IsRefused(refused ?? (hasRole ? null : identity.CheckRoot())))
            return null;
        if (!identity.Table.HasRole(request.Role))
        {
            call.Fail(EtcdErrors.RoleNotFound);
            return null;
        }

        var response = new AuthRoleGetResponse { Header = headers.Current() };
        if (request.Role == AuthTable.RootName)
            response.Perm.Add(new Permission { PermType = Permission.Types.Type.Readwrite, RangeEnd = ByteString.CopyFrom(0) });
        else
            response.Perm.Add(identity.Table.PermissionsOf(request.Role));
        return response;
    }

    private async ValueTask<AuthRoleListResponse?> ListRolesAsync(ServerCall call, AuthRoleListRequest request)
    {
        var (refused, identity) = await ReadAsync(call).ConfigureAwait(false);
        return call.IsRefused(refused ?? identity.CheckRoot())
            ? null
            : new AuthRoleListResponse { Header = headers.Current(), Roles = { identity.Table.RoleNames } };
    }

    private async ValueTask<(EtcdError? Error, Identity Identity)> ReadAsync(ServerCall call)
    {
        var read = await gateway.ReadAsync(call).ConfigureAwait(false);
        var identity = await gateway.Identity.IdentifyAsync(call).ConfigureAwait(false);
        return (read.Error ?? identity.Error, identity);
    }

    private static IMessage? TryParse(MessageParser parser, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return parser.ParseFrom(bytes.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
