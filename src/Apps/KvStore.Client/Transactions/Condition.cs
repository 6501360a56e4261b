using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>
/// What must hold for a transaction's first operations to be done. Over a range it must hold for every key there; where there is
/// none it holds (but a missing single key counts as version and revisions 0).
/// </summary>
public sealed class Condition
{
    internal Condition(Compare compare) => Compare = compare;

    /// <summary>The message it travels as.</summary>
    internal Compare Compare { get; }

    /// <summary>There is such a key.</summary>
    public static Condition Exists(KvBytes key) => CreateRevision(key).IsGreaterThan(Revision.Zero);

    /// <summary>There is no such key.</summary>
    public static Condition Missing(KvBytes key) => CreateRevision(key).Is(Revision.Zero);

    /// <summary>The entry is the one that was read: nobody has changed or deleted it since.</summary>
    public static Condition Unchanged(KvEntry entry) => ModRevision(entry.Key).Is(entry.ModRevision);

    /// <summary>How often the key was put since it was created; 0 when there is none.</summary>
    public static Comparison<long> Version(KeyRange range) =>
        new(range, Compare.Types.CompareTarget.Version, static (compare, value) => compare.Version = value);

    /// <summary>The revision at which the key was created; 0 when there is none.</summary>
    public static Comparison<Revision> CreateRevision(KeyRange range) =>
        new(range, Compare.Types.CompareTarget.Create, static (compare, value) => compare.CreateRevision = value.Value);

    /// <summary>The revision at which the key was last changed; 0 when there is none.</summary>
    public static Comparison<Revision> ModRevision(KeyRange range) =>
        new(range, Compare.Types.CompareTarget.Mod, static (compare, value) => compare.ModRevision = value.Value);

    /// <summary>The value. No comparison of a missing key's value holds.</summary>
    public static Comparison<KvBytes> Value(KeyRange range) =>
        new(range, Compare.Types.CompareTarget.Value, static (compare, value) => compare.Value = value.ToByteString());

    /// <summary>The lease the key goes with, or <see cref="LeaseId.None"/>.</summary>
    public static Comparison<LeaseId> Lease(KeyRange range) =>
        new(range, Compare.Types.CompareTarget.Lease, static (compare, value) => compare.Lease = value.Value);
}
