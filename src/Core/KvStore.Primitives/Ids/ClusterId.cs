using System.Globalization;

namespace KvStore.Primitives;

/// <summary>The identity of a cluster, fixed at bootstrap. Printed in lower-case hexadecimal, as etcd does.</summary>
public readonly record struct ClusterId(ulong Value)
{
    public override string ToString() => Value.ToString("x", CultureInfo.InvariantCulture);
}
