using System.Collections.Immutable;
using System.Linq;
using KvStore.Protocol;
using KvStore.Protocol.Auth;

namespace KvStore.StateMachine;

/// <summary>
/// Users, roles, and whether they matter: the whole auth state at one entry of the log. Immutable: a change makes a new table, so
/// any thread may judge by the one it was given.
/// </summary>
public sealed class AuthTable
{
    /// <summary>The user and the role that no cluster with authentication is without.</summary>
    public const string RootName = "root";

    private static readonly ImmutableSortedDictionary<string, AuthUser> NoUsers = ImmutableSortedDictionary.Create<string, AuthUser>(Utf8Order.Instance);

    private static readonly ImmutableSortedDictionary<string, ImmutableArray<Permission>> NoRoles =
        ImmutableSortedDictionary.Create<string, ImmutableArray<Permission>>(Utf8Order.Instance);

    public static readonly AuthTable Empty = new(isEnabled: false, AuthRevision.First, NoUsers, NoRoles);

    private readonly ImmutableSortedDictionary<string, AuthUser> _users;
    private readonly ImmutableSortedDictionary<string, ImmutableArray<Permission>> _roles;

    private AuthTable(
        bool isEnabled, AuthRevision revision, ImmutableSortedDictionary<string, AuthUser> users, ImmutableSortedDictionary<string, ImmutableArray<Permission>> roles)
    {
        IsEnabled = isEnabled;
        Revision = revision;
        _users = users;
        _roles = roles;
    }

    public bool IsEnabled { get; }

    public AuthRevision Revision { get; }

    /// <summary>In the order of their names' bytes.</summary>
    public IEnumerable<string> UserNames => _users.Keys;

    /// <summary>In the order of their names' bytes.</summary>
    public IEnumerable<string> RoleNames => _roles.Keys;

    public AuthUser? FindUser(string name) => _users.GetValueOrDefault(name);

    public bool HasRole(string name) => _roles.ContainsKey(name);

    /// <summary>In the order of their keys; none for a role that does not exist.</summary>
    public ImmutableArray<Permission> PermissionsOf(string role) => _roles.TryGetValue(role, out var permissions) ? permissions : [];

    /// <summary>What a caller may do with keys; anything, while authentication is off.</summary>
    public KeyAccess AccessOf(in Caller caller) => IsEnabled ? KeyAccess.Of(this, caller) : default;

    /// <summary>
    /// Whether the caller has the root role now, whichever revision it was established at: in etcd's order of reasons why not.
    /// </summary>
    public EtcdError? CheckRoot(in Caller caller)
    {
        if (!IsEnabled)
            return null;
        if (string.IsNullOrEmpty(caller.User))
            return EtcdErrors.UserEmpty;
        if (FindUser(caller.User) is not { } user)
            return EtcdErrors.UserNotFound;
        return user.IsRoot ? null : EtcdErrors.PermissionDenied;
    }

    /// <summary>Whether the caller is anybody at all; as in etcd, a user who is gone since still is.</summary>
    public EtcdError? CheckKnown(in Caller caller) => IsEnabled && caller.IsNone ? EtcdErrors.UserEmpty : null;

    internal static AuthTable Of(bool isEnabled, AuthRevision revision, IEnumerable<AuthUser> users, IEnumerable<(string Name, ImmutableArray<Permission> Permissions)> roles) =>
        new(
            isEnabled,
            revision,
            NoUsers.AddRange(users.Select(static user => KeyValuePair.Create(user.Name, user))),
            NoRoles.AddRange(roles.Select(static role => KeyValuePair.Create(role.Name, role.Permissions))));

    /// <summary>Switching on is no change of users or roles: the revision stays.</summary>
    internal AuthTable Enabled() => new(isEnabled: true, Revision, _users, _roles);

    internal AuthTable Disabled() => new(isEnabled: false, Revision.Next, _users, _roles);

    internal AuthTable WithUser(AuthUser user) => new(IsEnabled, Revision.Next, _users.SetItem(user.Name, user), _roles);

    internal AuthTable WithoutUser(string name) => new(IsEnabled, Revision.Next, _users.Remove(name), _roles);

    internal AuthTable WithRole(string name, ImmutableArray<Permission> permissions)
    {
        var users = _users;
        foreach (var user in _users.Values.Where(user => user.Roles.Contains(name)))
            users = users.SetItem(user.Name, user.WithoutGrants());
        return new AuthTable(IsEnabled, Revision.Next, users, _roles.SetItem(name, permissions));
    }

    /// <summary>Without the role, and without it in every user who had it; those are told.</summary>
    internal AuthTable WithoutRole(string name, out IReadOnlyList<AuthUser> changed)
    {
        var without = _users.Values.Where(user => user.Roles.Contains(name)).Select(user => user.WithRoles(user.Roles.Remove(name))).ToArray();
        var users = without.Aggregate(_users, static (all, user) => all.SetItem(user.Name, user));
        changed = without;
        return new AuthTable(IsEnabled, Revision.Next, users, _roles.Remove(name));
    }
}
