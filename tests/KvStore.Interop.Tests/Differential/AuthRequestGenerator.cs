using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Etcd;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// Changes of a few users and roles, log-ins, and in between the requests of <see cref="RequestGenerator"/>, each in the name of a
/// caller. Left out is what by design has another answer (docs/testing/differential.md): the numbers stand where.
/// </summary>
internal sealed class AuthRequestGenerator(ulong seed)
{
    public const string Nobody = "";

    /// <summary>A token that no server ever gave.</summary>
    public const string Stranger = "stranger";

    /// <summary>A caller who still uses the token before the last.</summary>
    public static string Former(string user) => user + " as before";

    /// <summary>Whether a caller may be a user whose roles decide: not root, nobody, or the bearer of a token that nobody gave.</summary>
    public static bool HasRoles(string caller) => caller is not (Nobody or Stranger or "root");

    private const string Service = "/etcdserverpb.Auth/";
    private static readonly string[] Users = ["root", "u1", "u2", "u3"];
    private static readonly string[] Roles = ["r1", "r2", "r3"];

    // By design 11: etcd keeps two grants for one range if another range with the same key lies between them. Here a key has one end.
    private static readonly (string Key, string End)[] Ranges =
        [("k/", "k0"), ("k/1", ""), ("k/2", "k/5"), ("k/4", "k/8"), ("k/8", "k/9"), ("k/9", ""), ("a", "\0"), ("k/3", "\0"), ("b", "a")];

    private readonly Prng _random = new(seed);

    public RequestGenerator Keys { get; } = new(seed);

    /// <summary>What makes the users there, and the switch on.</summary>
    public static IEnumerable<RandomRequest> Beginning()
    {
        foreach (var user in Users)
            yield return new(Service + "UserAdd", new AuthUserAddRequest { Name = user, Password = "p1" }, AuthUserAddResponse.Parser);
        foreach (var role in Roles)
            yield return new(Service + "RoleAdd", new AuthRoleAddRequest { Name = role }, AuthRoleAddResponse.Parser);
        yield return new(Service + "UserGrantRole", new AuthUserGrantRoleRequest { User = "root", Role = "root" }, AuthUserGrantRoleResponse.Parser);
        yield return new(Service + "AuthEnable", new AuthEnableRequest(), AuthEnableResponse.Parser);
        foreach (var user in Users)
            yield return LogIn(user, "p1");
    }

    /// <summary>What lets authentication be switched on again after root was deleted while it was off.</summary>
    public static IEnumerable<RandomRequest> Restoring()
    {
        yield return new(Service + "UserAdd", new AuthUserAddRequest { Name = "root", Password = "p1" }, AuthUserAddResponse.Parser);
        yield return new(Service + "UserGrantRole", new AuthUserGrantRoleRequest { User = "root", Role = "root" }, AuthUserGrantRoleResponse.Parser);
    }

    public static RandomRequest LogIn(string user, string password) =>
        new(Service + "Authenticate", new AuthenticateRequest { Name = user, Password = password }, AuthenticateResponse.Parser);

    public string Caller() => _random.Below(20) switch
    {
        0 => Nobody,
        1 => Stranger,
        2 => Former(Users[_random.Below(Users.Length)]),
        < 6 => "root",
        _ => Users[_random.Between(1, Users.Length - 1)],
    };

    public RandomRequest Change() => _random.Below(40) switch
    {
        0 => new(Service + "AuthEnable", new AuthEnableRequest(), AuthEnableResponse.Parser),
        1 => _random.Chance(1, 4)
            ? new(Service + "AuthDisable", new AuthDisableRequest(), AuthDisableResponse.Parser)
            : new(Service + "AuthEnable", new AuthEnableRequest(), AuthEnableResponse.Parser),
        2 or 3 => new(Service + "UserAdd", AddUser(), AuthUserAddResponse.Parser),
        4 => new(Service + "UserDelete", new AuthUserDeleteRequest { Name = User() }, AuthUserDeleteResponse.Parser),
        5 => new(Service + "UserChangePassword", new AuthUserChangePasswordRequest { Name = User(), Password = Password() }, AuthUserChangePasswordResponse.Parser),
        6 or 7 => new(Service + "UserGet", new AuthUserGetRequest { Name = User() }, AuthUserGetResponse.Parser),
        8 => new(Service + "UserList", new AuthUserListRequest(), AuthUserListResponse.Parser),
        9 => new(Service + "RoleList", new AuthRoleListRequest(), AuthRoleListResponse.Parser),
        // By design 12: 3.5 shows no permission of the root role, so it is not asked for.
        10 or 11 => new(Service + "RoleGet", new AuthRoleGetRequest { Role = Role() }, AuthRoleGetResponse.Parser),
        12 => new(Service + "RoleAdd", new AuthRoleAddRequest { Name = Role() }, AuthRoleAddResponse.Parser),
        13 => new(Service + "RoleDelete", new AuthRoleDeleteRequest { Role = Role() }, AuthRoleDeleteResponse.Parser),
        < 19 => new(Service + "UserGrantRole", new AuthUserGrantRoleRequest { User = User(), Role = Role() }, AuthUserGrantRoleResponse.Parser),
        < 21 => new(Service + "UserRevokeRole", new AuthUserRevokeRoleRequest { Name = User(), Role = Role() }, AuthUserRevokeRoleResponse.Parser),
        < 28 => new(Service + "RoleGrantPermission", Grant(), AuthRoleGrantPermissionResponse.Parser),
        < 30 => new(Service + "RoleRevokePermission", Revoke(), AuthRoleRevokePermissionResponse.Parser),
        _ => LogIn(User(), Password()),
    };

    /// <summary>Root always has a password: nobody could change anything any more.</summary>
    private AuthUserAddRequest AddUser()
    {
        var name = _random.Chance(1, 20) ? "" : User();
        var isWithoutPassword = _random.Chance(1, 5) && name != "root";
        return new() { Name = name, Password = Password(), Options = isWithoutPassword ? new UserAddOptions { NoPassword = true } : null };
    }

    private AuthRoleGrantPermissionRequest Grant()
    {
        var (key, end) = Ranges[_random.Below(Ranges.Length)];
        return new AuthRoleGrantPermissionRequest
        {
            Name = Role(),
            Perm = new Permission
            {
                PermType = (Permission.Types.Type)_random.Below(3), Key = ByteString.CopyFromUtf8(key), RangeEnd = ByteString.CopyFromUtf8(end),
            },
        };
    }

    private AuthRoleRevokePermissionRequest Revoke()
    {
        var (key, end) = Ranges[_random.Below(Ranges.Length)];
        return new AuthRoleRevokePermissionRequest { Role = Role(), Key = ByteString.CopyFromUtf8(key), RangeEnd = ByteString.CopyFromUtf8(end) };
    }

    private string User() => Users[_random.Below(Users.Length)];

    private string Role() => _random.Chance(1, 30) ? "missing" : Roles[_random.Below(Roles.Length)];

    /// <summary>Mostly the one the users begin with.</summary>
    private string Password() => _random.Chance(5, 6) ? "p1" : "p2";
}
