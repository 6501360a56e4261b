using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using KvStore.Protocol.Auth;

namespace KvStore.StateMachine;

/// <summary>One user, and what the user's roles cover, merged when it is first asked for. Any thread; never changed otherwise.</summary>
public sealed class AuthUser
{
    private Grants? _grants;

    internal AuthUser(string name, ReadOnlyMemory<byte> passwordHash, bool hasNoPassword, ImmutableArray<string> roles)
    {
        Name = name;
        PasswordHash = passwordHash;
        HasNoPassword = hasNoPassword;
        Roles = roles;
        IsRoot = roles.Contains(AuthTable.RootName);
    }

    public string Name { get; }

    /// <summary>bcrypt's text form, as etcd stores it; empty for a user who cannot log in.</summary>
    public ReadOnlyMemory<byte> PasswordHash { get; }

    /// <summary>The user can be nobody but the owner of a certificate.</summary>
    public bool HasNoPassword { get; }

    /// <summary>In the order of their bytes.</summary>
    public ImmutableArray<string> Roles { get; }

    /// <summary>Has the role that may do everything.</summary>
    public bool IsRoot { get; }

    internal AuthUser WithRoles(ImmutableArray<string> roles) => new(Name, PasswordHash, HasNoPassword, roles);

    /// <summary>The same user after one of its roles changed.</summary>
    internal AuthUser WithoutGrants() => WithRoles(Roles);

    internal bool MayRead(AuthTable table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> end) => GrantsIn(table).Read.Cover(key, end);

    internal bool MayWrite(AuthTable table, ReadOnlySpan<byte> key, ReadOnlySpan<byte> end) => GrantsIn(table).Write.Cover(key, end);

    // Two threads may do it at once and find the same.
    private Grants GrantsIn(AuthTable table)
    {
        if (Volatile.Read(ref _grants) is { } known)
            return known;
        var permissions = Roles.SelectMany(role => table.PermissionsOf(role)).ToArray();
        var grants = new Grants(
            KeyRanges.Of(permissions, static permission => permission.PermType is Permission.Types.Type.Read or Permission.Types.Type.Readwrite),
            KeyRanges.Of(permissions, static permission => permission.PermType is Permission.Types.Type.Write or Permission.Types.Type.Readwrite));
        Volatile.Write(ref _grants, grants);
        return grants;
    }

    private sealed record Grants(KeyRanges Read, KeyRanges Write);
}
