using System.Globalization;

namespace KvStore.Primitives;

/// <summary>
/// A main revision of the key space: one for each transaction that changed something. An empty store is at revision 1.
/// Signed, because clients send signed numbers and negative ones have a meaning in requests.
/// </summary>
public readonly record struct Revision(long Value) : IComparable<Revision>
{
    public static readonly Revision Zero;

    public Revision Next => new(Value + 1);

    public int CompareTo(Revision other) => Value.CompareTo(other.Value);

    public static bool operator <(Revision left, Revision right) => left.Value < right.Value;
    public static bool operator >(Revision left, Revision right) => left.Value > right.Value;
    public static bool operator <=(Revision left, Revision right) => left.Value <= right.Value;
    public static bool operator >=(Revision left, Revision right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
