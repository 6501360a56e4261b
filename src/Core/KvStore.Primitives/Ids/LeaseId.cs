using System.Globalization;

namespace KvStore.Primitives;

/// <summary>A lease. Zero means "no lease"; a server-chosen id is positive, a client may choose any other number.</summary>
public readonly record struct LeaseId(long Value) : IComparable<LeaseId>
{
    public static readonly LeaseId None;

    public bool IsNone => Value == 0;

    public int CompareTo(LeaseId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);
}
