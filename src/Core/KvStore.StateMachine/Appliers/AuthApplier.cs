using System.Collections.Immutable;
using System.Globalization;
using Google.Protobuf;
using KvStore.Mvcc;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Commands;
using KvStore.Protocol.Etcd;

namespace KvStore.StateMachine;

/// <summary>
/// Changes users and roles, switches authentication, assigns tokens. Judges who may: the caller in the command, by the state that the
/// entries before it left, on every member alike (C13). Passwords come hashed: hashing takes long, and its salt is chance.
/// </summary>
internal sealed class AuthApplier
{
    private const int TokenField = 2;

    private readonly MvccWriter _writer;
    private readonly ITokenAssignments _tokens;

    public AuthApplier(MvccWriter writer, IOrderedStore store, ITokenAssignments tokens)
    {
        _writer = writer;
        _tokens = tokens;
        Table = AuthRecords.Load(store);
        // What was assigned under another state of the store may have been revoked on the way to this one (C12).
        tokens.RevokeAll();
    }

    public AuthTable Table { get; private set; }

    public static bool Handles(CommandKind kind) => kind is >= CommandKind.AuthEnable and <= CommandKind.RoleRevokePermission;

    /// <summary>Why the caller may not have this command carried out; null when it may, and where others judge (CommandKind.LeaseGrant).</summary>
    public EtcdError? Refusal(in CommandFields command, Lessor leases)
    {
        if (!Table.IsEnabled)
            return null;
        var read = Caller.TryRead(command.Caller, out var caller);
        Check.That(read, "a command's caller is well-formed");
        switch (command.Kind)
        {
            case CommandKind.Put:
                return PutFields.TryRead(command.Operation, out var put) ? Table.AccessOf(caller).Check(put, leases) : null;
            case CommandKind.DeleteRange:
                return DeleteRangeFields.TryRead(command.Operation, out var delete) ? Table.AccessOf(caller).Check(delete) : null;
            case CommandKind.Txn:
                return TxnFields.TryRead(command.Operation, out var txn) ? Table.AccessOf(caller).Check(txn, leases) : null;
            // The primary ends what has expired; nobody waits for that, and nobody else proposes it so.
            case CommandKind.LeaseRevoke when !command.Request.IsNone:
                return LeaseApplier.TryReadId(command.Operation, out var lease) ? Table.AccessOf(caller).CheckLeaseWrite(lease, leases) : null;
            case CommandKind.Authenticate:
                return null;
            default:
                return Handles(command.Kind) ? Table.CheckRoot(caller) : null;
        }
    }

    public EtcdError? Apply(in CommandFields command, LogIndex index, ByteWriter body)
    {
        try
        {
            return command.Kind switch
            {
                CommandKind.AuthEnable => Enable(),
                CommandKind.AuthDisable => Disable(),
                CommandKind.Authenticate => Authenticate(TokenGrant.Parser.ParseFrom(command.Operation), index, body),
                CommandKind.UserAdd => AddUser(AuthUserAddRequest.Parser.ParseFrom(command.Operation)),
                CommandKind.UserDelete => DeleteUser(AuthUserDeleteRequest.Parser.ParseFrom(command.Operation).Name),
                CommandKind.UserChangePassword => ChangePassword(AuthUserChangePasswordRequest.Parser.ParseFrom(command.Operation)),
                CommandKind.UserGrantRole => GrantRole(AuthUserGrantRoleRequest.Parser.ParseFrom(command.Operation)),
                CommandKind.UserRevokeRole => RevokeRole(AuthUserRevokeRoleRequest.Parser.ParseFrom(command.Operation)),
                CommandKind.RoleAdd => AddRole(AuthRoleAddRequest.Parser.ParseFrom(command.Operation).Name),
                CommandKind.RoleDelete => DeleteRole(AuthRoleDeleteRequest.Parser.ParseFrom(command.Operation).Role),
                CommandKind.RoleGrantPermission => GrantPermission(AuthRoleGrantPermissionRequest.Parser.ParseFrom(command.Operation)),
                _ => RevokePermission(AuthRoleRevokePermissionRequest.Parser.ParseFrom(command.Operation)),
            };
        }
        catch (InvalidProtocolBufferException)
        {
            return EtcdErrors.MalformedRequest;
        }
    }

    private EtcdError? Enable()
    {
        if (Table.IsEnabled)
            return null;
        if (Table.FindUser(AuthTable.RootName) is not { } root)
            return EtcdErrors.RootUserNotExist;
        if (!root.IsRoot)
            return EtcdErrors.RootRoleNotExist;
        Become(Table.Enabled());
        return null;
    }

    private EtcdError? Disable()
    {
        if (!Table.IsEnabled)
            return null;
        Become(Table.Disabled());
        _tokens.RevokeAll();
        return null;
    }

    /// <summary>
    /// The password was checked before the proposal, against a state that may have changed since: whoever proposed it looks again when
    /// this is applied. The index makes the token unlike every other.
    /// </summary>
    private EtcdError? Authenticate(TokenGrant grant, LogIndex index, ByteWriter body)
    {
        if (!Table.IsEnabled)
            return EtcdErrors.AuthNotEnabled;
        if (Table.FindUser(grant.User) is not { HasNoPassword: false })
            return EtcdErrors.AuthFailed;
        var token = string.Create(CultureInfo.InvariantCulture, $"{grant.TokenPrefix}.{index.Value}");
        _tokens.Assign(grant.User, token);
        body.WriteBytesField(TokenField, System.Text.Encoding.UTF8.GetBytes(token));
        return null;
    }

    private EtcdError? AddUser(AuthUserAddRequest request)
    {
        if (request.Name.Length == 0)
            return EtcdErrors.UserEmpty;
        if (Table.FindUser(request.Name) is not null)
            return EtcdErrors.UserAlreadyExists;
        var hasNoPassword = request.Options?.NoPassword ?? false;
        byte[] hash = [];
        if (!hasNoPassword && !TryReadHash(request.HashedPassword, out hash))
            return EtcdErrors.PasswordForNoPasswordUser;
        Become(new AuthUser(request.Name, hash, hasNoPassword, []));
        return null;
    }

    private EtcdError? DeleteUser(string name)
    {
        if (Table.IsEnabled && name == AuthTable.RootName)
            return EtcdErrors.InvalidAuthManagement;
        if (Table.FindUser(name) is null)
            return EtcdErrors.UserNotFound;
        AuthRecords.DeleteUser(_writer.Batch, name);
        Become(Table.WithoutUser(name));
        _tokens.RevokeUser(name);
        return null;
    }

    private EtcdError? ChangePassword(AuthUserChangePasswordRequest request)
    {
        if (Table.FindUser(request.Name) is not { } user)
            return EtcdErrors.UserNotFound;
        byte[] hash = [];
        if (!user.HasNoPassword && !TryReadHash(request.HashedPassword, out hash))
            return EtcdErrors.PasswordForNoPasswordUser;
        Become(new AuthUser(user.Name, hash, user.HasNoPassword, user.Roles));
        _tokens.RevokeUser(user.Name);
        return null;
    }

    /// <summary>The root role needs no record of its own. A role that the user has already changes nothing, the revision included.</summary>
    private EtcdError? GrantRole(AuthUserGrantRoleRequest request)
    {
        if (Table.FindUser(request.User) is not { } user)
            return EtcdErrors.UserNotFound;
        if (request.Role != AuthTable.RootName && !Table.HasRole(request.Role))
            return EtcdErrors.RoleNotFound;
        if (!user.Roles.Contains(request.Role))
            Become(user.WithRoles(user.Roles.Add(request.Role).Sort(Utf8Order.Instance)));
        return null;
    }

    private EtcdError? RevokeRole(AuthUserRevokeRoleRequest request)
    {
        if (Table.IsEnabled && request is { Name: AuthTable.RootName, Role: AuthTable.RootName })
            return EtcdErrors.InvalidAuthManagement;
        if (Table.FindUser(request.Name) is not { } user)
            return EtcdErrors.UserNotFound;
        if (!user.Roles.Contains(request.Role))
            return EtcdErrors.RoleNotGranted;
        Become(user.WithRoles(user.Roles.Remove(request.Role)));
        return null;
    }

    private EtcdError? AddRole(string name)
    {
        if (name.Length == 0)
            return EtcdErrors.RoleEmpty;
        if (Table.HasRole(name))
            return EtcdErrors.RoleAlreadyExists;
        Become(name, []);
        return null;
    }

    private EtcdError? DeleteRole(string name)
    {
        if (Table.IsEnabled && name == AuthTable.RootName)
            return EtcdErrors.InvalidAuthManagement;
        if (!Table.HasRole(name))
            return EtcdErrors.RoleNotFound;
        AuthRecords.DeleteRole(_writer.Batch, name);
        var table = Table.WithoutRole(name, out var changed);
        foreach (var user in changed)
            AuthRecords.PutUser(_writer.Batch, user);
        Become(table);
        return null;
    }

    /// <summary>One permission for a range: another grant for the same one replaces its kind (etcd sometimes keeps both).</summary>
    private EtcdError? GrantPermission(AuthRoleGrantPermissionRequest request)
    {
        if (request.Perm is not { } granted)
            return EtcdErrors.PermissionNotGiven;
        if (!IsRange(granted))
            return EtcdErrors.InvalidAuthManagement;
        if (!Table.HasRole(request.Name))
            return EtcdErrors.RoleNotFound;
        var permissions = Table.PermissionsOf(request.Name);
        var place = 0;
        while (place < permissions.Length && permissions[place].Key.Span.SequenceCompareTo(granted.Key.Span) <= 0)
        {
            if (IsSameRange(permissions[place], granted.Key, granted.RangeEnd))
            {
                Become(request.Name, permissions.SetItem(place, granted));
                return null;
            }

            place++;
        }

        Become(request.Name, permissions.Insert(place, granted));
        return null;
    }

    private EtcdError? RevokePermission(AuthRoleRevokePermissionRequest request)
    {
        if (!Table.HasRole(request.Role))
            return EtcdErrors.RoleNotFound;
        var before = Table.PermissionsOf(request.Role);
        var after = before.RemoveAll(permission => IsSameRange(permission, request.Key, request.RangeEnd));
        if (after.Length == before.Length)
            return EtcdErrors.PermissionNotGranted;
        Become(request.Role, after);
        return null;
    }

    private static bool IsSameRange(Permission permission, ByteString key, ByteString end) => permission.Key == key && permission.RangeEnd == end;

    /// <summary>A range without keys would be read by somebody as the whole space (#15619).</summary>
    private static bool IsRange(Permission permission)
    {
        if (permission.Key.IsEmpty)
            return false;
        var end = permission.RangeEnd.Span;
        return end.IsEmpty || KeyAccess.IsOpen(end) || permission.Key.Span.SequenceCompareTo(end) < 0;
    }

    private static bool TryReadHash(string encoded, out byte[] hash)
    {
        hash = new byte[encoded.Length];
        var length = 0;
        // .NET reads over blanks, Go does not.
        var read = !encoded.AsSpan().ContainsAny(' ', '\t') && Convert.TryFromBase64String(encoded, hash, out length);
        hash = hash[..length];
        return read;
    }

    private void Become(AuthUser user)
    {
        AuthRecords.PutUser(_writer.Batch, user);
        Become(Table.WithUser(user));
    }

    private void Become(string role, ImmutableArray<Permission> permissions)
    {
        AuthRecords.PutRole(_writer.Batch, role, permissions);
        Become(Table.WithRole(role, permissions));
    }

    private void Become(AuthTable table)
    {
        Table = table;
        AuthRecords.PutState(_writer.Batch, table);
    }
}
