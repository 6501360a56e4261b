using System.Globalization;

namespace KvStore.StateMachine;

/// <summary>
/// Counts the changes of users, roles and permissions, and each time authentication is switched off; a fresh store is at one. Zero
/// is what a caller has who gave no proof of who it is.
/// </summary>
public readonly record struct AuthRevision(ulong Value) : IComparable<AuthRevision>
{
    public static readonly AuthRevision None;

    /// <summary>Of a store that never saw a user or a role.</summary>
    public static readonly AuthRevision First = new(1);

    public AuthRevision Next => new(Value + 1);

    public static bool operator <(AuthRevision left, AuthRevision right) => left.Value < right.Value;

    public static bool operator >(AuthRevision left, AuthRevision right) => left.Value > right.Value;

    public static bool operator <=(AuthRevision left, AuthRevision right) => left.Value <= right.Value;

    public static bool operator >=(AuthRevision left, AuthRevision right) => left.Value >= right.Value;

    public int CompareTo(AuthRevision other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
