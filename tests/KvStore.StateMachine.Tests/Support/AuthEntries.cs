using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Commands;
using KvStore.Protocol.Etcd;

namespace KvStore.StateMachine.Tests.Support;

/// <summary>Random changes of a few users and roles, and random callers: some known, some not, some with an outdated revision.</summary>
internal sealed class AuthEntries(Prng prng)
{
    private static readonly string[] Users = ["root", "a", "b", "c"];
    private static readonly string[] Roles = ["root", "r", "s"];

    public Caller Caller() => prng.Below(6) switch
    {
        0 => StateMachine.Caller.None,
        1 => new Caller(User(), new AuthRevision(prng.Below(20UL) + 1)),
        _ => new Caller(User(), new AuthRevision(ulong.MaxValue)),
    };

    public LogEntry Next(ulong index)
    {
        var (kind, request) = Change();
        var root = prng.Chance(3, 4) ? new Caller("root", new AuthRevision(1)) : Caller();
        return Machine.Entry(index, kind, request, index, caller: root);
    }

    private (CommandKind Kind, IMessage Request) Change() => prng.Below(15) switch
    {
        0 or 1 => (CommandKind.UserAdd, new AuthUserAddRequest
        {
            Name = User(), HashedPassword = "aGFzaA==", Options = prng.Chance(1, 4) ? new UserAddOptions { NoPassword = true } : null,
        }),
        2 => (CommandKind.UserDelete, new AuthUserDeleteRequest { Name = User() }),
        3 => (CommandKind.UserChangePassword, new AuthUserChangePasswordRequest { Name = User(), HashedPassword = "b3RoZXI=" }),
        4 or 5 or 6 => (CommandKind.UserGrantRole, new AuthUserGrantRoleRequest { User = User(), Role = Role() }),
        7 => (CommandKind.UserRevokeRole, new AuthUserRevokeRoleRequest { Name = User(), Role = Role() }),
        8 => (CommandKind.RoleAdd, new AuthRoleAddRequest { Name = Role() }),
        9 => (CommandKind.RoleDelete, new AuthRoleDeleteRequest { Role = Role() }),
        10 or 11 => (CommandKind.RoleGrantPermission, new AuthRoleGrantPermissionRequest
        {
            Name = Role(),
            Perm = new Permission { PermType = (Permission.Types.Type)prng.Below(3), Key = Key(), RangeEnd = prng.Chance(1, 2) ? Key() : ByteString.Empty },
        }),
        12 => (CommandKind.RoleRevokePermission, new AuthRoleRevokePermissionRequest { Role = Role(), Key = Key() }),
        13 => (CommandKind.Authenticate, new TokenGrant { User = User(), TokenPrefix = "letters" }),
        _ => prng.Chance(2, 3)
            ? (CommandKind.AuthEnable, new AuthEnableRequest())
            : (CommandKind.AuthDisable, new AuthDisableRequest()),
    };

    private string User() => Users[prng.Below(Users.Length)];

    private string Role() => Roles[prng.Below(Roles.Length)];

    private ByteString Key() => Machine.Bytes(((char)('a' + prng.Below(6))).ToString());
}
