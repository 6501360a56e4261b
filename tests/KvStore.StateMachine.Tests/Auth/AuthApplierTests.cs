using Google.Protobuf;
using KvStore.Protocol;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Commands;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine.Tests.Support;
using Type = KvStore.Protocol.Auth.Permission.Types.Type;

namespace KvStore.StateMachine.Tests.Auth;

/// <summary>Changes of users and roles: what is refused, what counts as a change, what stays.</summary>
public sealed class AuthApplierTests : IDisposable
{
    private readonly TokenLog _tokens = new();
    private readonly AuthMachine _state;

    public AuthApplierTests() => _state = new AuthMachine(new ApplierOptions { Tokens = _tokens });

    private AuthTable Table => _state.Machine.Applier.Auth;

    public void Dispose() => _state.Dispose();

    [Fact]
    public void Enable_WithoutRoot_IsRefused()
    {
        Assert.Equal(EtcdErrors.RootUserNotExist, Refusal(CommandKind.AuthEnable, new AuthEnableRequest()));
        Assert.Null(Refusal(CommandKind.UserAdd, new AuthUserAddRequest { Name = "root" }));
        Assert.Equal(EtcdErrors.RootRoleNotExist, Refusal(CommandKind.AuthEnable, new AuthEnableRequest()));
        Assert.Null(Refusal(CommandKind.UserGrantRole, new AuthUserGrantRoleRequest { User = "root", Role = "root" }));
        Assert.Null(Refusal(CommandKind.AuthEnable, new AuthEnableRequest()));
        Assert.True(Table.IsEnabled);
    }

    [Fact]
    public void Revision_CountsChangesAndSwitchingOff()
    {
        Assert.Equal(1UL, Table.Revision.Value);
        _state.AddUser("a", "r");
        Assert.Equal(4UL, Table.Revision.Value);
        Assert.Null(Refusal(CommandKind.UserGrantRole, new AuthUserGrantRoleRequest { User = "a", Role = "r" }));
        Assert.Equal(4UL, Table.Revision.Value);
        _state.Enable();
        Assert.Equal(6UL, Table.Revision.Value);
        Assert.Null(Refusal(CommandKind.AuthEnable, new AuthEnableRequest()));
        Assert.Equal(6UL, Table.Revision.Value);
        Assert.Null(Refusal(CommandKind.AuthDisable, new AuthDisableRequest()));
        Assert.Null(Refusal(CommandKind.AuthDisable, new AuthDisableRequest()));
        Assert.Equal(7UL, Table.Revision.Value);
    }

    /// <summary>Each row: what is asked, and etcd's refusal. In order; those without a refusal change the state for the next.</summary>
    [Fact]
    public void Changes_ThatCannotBe_AreRefusedInEtcdsWords()
    {
        Expect(EtcdErrors.UserEmpty, CommandKind.UserAdd, new AuthUserAddRequest());
        Expect(null, CommandKind.UserAdd, new AuthUserAddRequest { Name = "a" });
        Expect(EtcdErrors.UserAlreadyExists, CommandKind.UserAdd, new AuthUserAddRequest { Name = "a" });
        Expect(EtcdErrors.PasswordForNoPasswordUser, CommandKind.UserAdd, new AuthUserAddRequest { Name = "b", HashedPassword = "no base64" });
        Expect(EtcdErrors.UserNotFound, CommandKind.UserDelete, new AuthUserDeleteRequest { Name = "b" });
        Expect(EtcdErrors.UserNotFound, CommandKind.UserChangePassword, new AuthUserChangePasswordRequest { Name = "b" });
        Expect(EtcdErrors.UserNotFound, CommandKind.UserGrantRole, new AuthUserGrantRoleRequest { User = "b", Role = "root" });
        Expect(EtcdErrors.RoleNotFound, CommandKind.UserGrantRole, new AuthUserGrantRoleRequest { User = "a", Role = "r" });
        Expect(EtcdErrors.RoleEmpty, CommandKind.RoleAdd, new AuthRoleAddRequest());
        Expect(null, CommandKind.RoleAdd, new AuthRoleAddRequest { Name = "r" });
        Expect(EtcdErrors.RoleAlreadyExists, CommandKind.RoleAdd, new AuthRoleAddRequest { Name = "r" });
        Expect(EtcdErrors.UserNotFound, CommandKind.UserRevokeRole, new AuthUserRevokeRoleRequest { Name = "b", Role = "r" });
        Expect(EtcdErrors.RoleNotGranted, CommandKind.UserRevokeRole, new AuthUserRevokeRoleRequest { Name = "a", Role = "r" });
        Expect(EtcdErrors.PermissionNotGiven, CommandKind.RoleGrantPermission, new AuthRoleGrantPermissionRequest { Name = "r" });
        Expect(EtcdErrors.RoleNotFound, CommandKind.RoleGrantPermission, Granting("s", Type.Read, "k", ""));
        Expect(EtcdErrors.RoleNotFound, CommandKind.RoleRevokePermission, new AuthRoleRevokePermissionRequest { Role = "s" });
        Expect(EtcdErrors.PermissionNotGranted, CommandKind.RoleRevokePermission, new AuthRoleRevokePermissionRequest { Role = "r" });
        Expect(EtcdErrors.RoleNotFound, CommandKind.RoleDelete, new AuthRoleDeleteRequest { Role = "s" });
        Expect(EtcdErrors.AuthNotEnabled, CommandKind.Authenticate, new TokenGrant { User = "a", TokenPrefix = "p" });
    }

    [Theory] // #15619: a range without keys must not be taken for all of them.
    [InlineData("", "")]
    [InlineData("", "\0")]
    [InlineData("b", "a")]
    [InlineData("b", "b")]
    public void Grant_OfARangeWithoutKeys_IsRefused(string key, string end)
    {
        Expect(null, CommandKind.RoleAdd, new AuthRoleAddRequest { Name = "r" });
        Expect(EtcdErrors.InvalidAuthManagement, CommandKind.RoleGrantPermission, Granting("r", Type.Read, key, end));
    }

    [Fact]
    public void Root_CannotBeTakenAway_WhileAuthenticationIsOn()
    {
        Expect(null, CommandKind.RoleAdd, new AuthRoleAddRequest { Name = "root" });
        _state.Enable();
        Expect(EtcdErrors.InvalidAuthManagement, CommandKind.UserDelete, new AuthUserDeleteRequest { Name = "root" });
        Expect(EtcdErrors.InvalidAuthManagement, CommandKind.UserRevokeRole, new AuthUserRevokeRoleRequest { Name = "root", Role = "root" });
        Expect(EtcdErrors.InvalidAuthManagement, CommandKind.RoleDelete, new AuthRoleDeleteRequest { Role = "root" });
        Expect(null, CommandKind.AuthDisable, new AuthDisableRequest());
        Expect(null, CommandKind.RoleDelete, new AuthRoleDeleteRequest { Role = "root" });
        Assert.Empty(Table.FindUser("root")!.Roles);
    }

    [Fact]
    public void Grant_OfTheSameRange_ReplacesItsKind()
    {
        _state.AddUser("a", "r");
        _state.Grant("r", Type.Readwrite, "k", "m");
        _state.Grant("r", Type.Read, "k", "l");
        _state.Grant("r", Type.Read, "k", "m");
        Assert.Equal(["k-m Read", "k-l Read"], Table.PermissionsOf("r").Select(one => $"{one.Key.ToStringUtf8()}-{one.RangeEnd.ToStringUtf8()} {one.PermType}"));
        _state.Enable();
        Assert.Equal(EtcdErrors.PermissionDenied, _state.Refusal("a", CommandKind.Put, new PutRequest { Key = Machine.Bytes("k") }));
    }

    [Fact]
    public void DeletedRole_IsTakenFromItsUsers()
    {
        _state.AddUser("a", "r");
        _state.Grant("r", Type.Readwrite, "k");
        _state.Enable();
        Assert.Null(_state.Refusal("a", CommandKind.Put, new PutRequest { Key = Machine.Bytes("k") }));
        Expect(null, CommandKind.RoleDelete, new AuthRoleDeleteRequest { Role = "r" });
        Expect(null, CommandKind.RoleAdd, new AuthRoleAddRequest { Name = "r" });
        _state.Grant("r", Type.Readwrite, "k");
        Assert.Equal(EtcdErrors.PermissionDenied, _state.Refusal("a", CommandKind.Put, new PutRequest { Key = Machine.Bytes("k") }));
    }

    [Fact]
    public void Tokens_AreAssignedAndRevokedByTheLog()
    {
        _state.AddUser("a", "r");
        _state.Enable();
        var assigned = _state.Machine.ApplyAs(Caller.None, CommandKind.Authenticate, new TokenGrant { User = "a", TokenPrefix = "letters" });
        var index = _state.Machine.Applier.State.Index;
        Assert.Equal($"letters.{index}", AuthenticateResponse.Parser.ParseFrom(assigned.Body.Span).Token);
        Expect(null, CommandKind.UserChangePassword, new AuthUserChangePasswordRequest { Name = "a", HashedPassword = "b3RoZXI=" });
        Expect(null, CommandKind.UserDelete, new AuthUserDeleteRequest { Name = "a" });
        Expect(EtcdErrors.AuthFailed, CommandKind.Authenticate, new TokenGrant { User = "a", TokenPrefix = "p" });
        Expect(null, CommandKind.AuthDisable, new AuthDisableRequest());
        Assert.Equal(["all revoked", $"a letters.{index}", "a revoked", "a revoked", "all revoked"], _tokens.Calls);
    }

    /// <summary>C12: a member that starts from a store, its own or a snapshot's, has users, roles, revision and the switch before it serves.</summary>
    [Fact]
    public void Restart_LoadsEverything()
    {
        _state.AddUser("a", "r");
        _state.Grant("r", Type.Write, "k", "\0");
        Expect(null, CommandKind.UserAdd, new AuthUserAddRequest { Name = "c", Options = new UserAddOptions { NoPassword = true } });
        _state.Enable();
        var revision = Table.Revision;
        _state.Machine.Restart();
        Assert.Equal((true, revision), (Table.IsEnabled, Table.Revision));
        Assert.Equal(["a", "c", "root"], Table.UserNames);
        Assert.Equal(["r"], Table.RoleNames);
        Assert.Equal("hash", System.Text.Encoding.UTF8.GetString(Table.FindUser("a")!.PasswordHash.Span));
        Assert.True(Table.FindUser("c")!.HasNoPassword);
        Assert.Null(_state.Refusal("a", CommandKind.Put, new PutRequest { Key = Machine.Bytes("z") }));
        Assert.Equal(EtcdErrors.PermissionDenied, _state.Refusal("a", CommandKind.Put, new PutRequest { Key = Machine.Bytes("a") }));
    }

    /// <summary>The hash that members compare is of the keys: users and roles are no part of it.</summary>
    [Fact]
    public void HashOfTheKeys_IsNotChangedByUsers()
    {
        _state.Machine.Put("k", "v");
        var before = Hash();
        _state.AddUser("a", "r");
        _state.Enable();
        Assert.Equal(before, Hash());
    }

    [Fact]
    public void Names_AreListedInTheOrderOfTheirBytes()
    {
        foreach (var name in new[] { "\uffee", "a", "\U0001f600", "é", "Z" })
            Expect(null, CommandKind.UserAdd, new AuthUserAddRequest { Name = name });
        Assert.Equal(["Z", "a", "é", "\uffee", "\U0001f600"], Table.UserNames);
    }

    private uint Hash()
    {
        using var view = _state.Machine.Keys.OpenView();
        var hash = view.BeginHash(KvStore.Primitives.Revision.Zero);
        while (!hash.Next(100))
        {
        }

        return hash.Value;
    }

    private static AuthRoleGrantPermissionRequest Granting(string role, Permission.Types.Type type, string key, string end) =>
        new() { Name = role, Perm = new Permission { PermType = type, Key = Machine.Bytes(key), RangeEnd = Machine.Bytes(end) } };

    private EtcdError? Refusal(CommandKind kind, IMessage request) => _state.Refusal("root", kind, request);

    private void Expect(EtcdError? refusal, CommandKind kind, IMessage request) => Assert.Equal(refusal, Refusal(kind, request));

    private sealed class TokenLog : ITokenAssignments
    {
        public List<string> Calls { get; } = [];

        public void Assign(string user, string token) => Calls.Add($"{user} {token}");

        public void RevokeUser(string user) => Calls.Add($"{user} revoked");

        public void RevokeAll() => Calls.Add("all revoked");
    }
}
