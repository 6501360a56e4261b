using System.Globalization;

namespace KvStore.Primitives;

/// <summary>A member of the cluster. Zero means "nobody". Printed in lower-case hexadecimal, as etcd does.</summary>
public readonly record struct MemberId(ulong Value) : IComparable<MemberId>
{
    public static readonly MemberId None;

    public bool IsNone => Value == 0;

    public int CompareTo(MemberId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x", CultureInfo.InvariantCulture);
}
