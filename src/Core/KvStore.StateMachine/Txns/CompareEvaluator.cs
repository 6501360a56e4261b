using KvStore.Mvcc;
using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>
/// Judges one Compare on the latest state of a reader. A key that does not exist compares as zero, but never as a value; over a
/// range the comparison must hold for every key in it. An unknown result holds, an unknown target compares equal: etcd's rules,
/// kept because a refusal would be a different answer.
/// </summary>
internal static class CompareEvaluator
{
    /// <param name="reader">State before the transaction.</param>
    /// <param name="compare">The comparison.</param>
    /// <param name="scratch">For stored pairs; overwritten.</param>
    public static bool Holds(MvccReader reader, in CompareFields compare, ByteWriter scratch)
    {
        if (compare.End.IsEmpty)
        {
            return reader.TryGet(compare.Key, Revision.Zero, out var meta)
                ? HoldsFor(reader, compare, meta, scratch)
                : HoldsForMissing(compare);
        }

        var any = false;
        var cursor = reader.Seek(compare.Key, compare.End, Revision.Zero);
        while (cursor.MoveNext())
        {
            any = true;
            if (!HoldsFor(reader, compare, cursor.Meta, scratch))
                return false;
        }

        return any || HoldsForMissing(compare);
    }

    private static bool HoldsForMissing(in CompareFields compare) =>
        compare.Target != CompareTargets.Value && Matches(compare.Result, Order(compare, default));

    private static bool HoldsFor(MvccReader reader, in CompareFields compare, in KeyMeta meta, ByteWriter scratch)
    {
        if (compare.Target != CompareTargets.Value)
            return Matches(compare.Result, Order(compare, meta));
        scratch.Clear();
        reader.CopyKeyValue(meta, scratch);
        return Matches(compare.Result, KeyValueFields.ValueOf(scratch.WrittenSpan).SequenceCompareTo(compare.Value));
    }

    private static int Order(in CompareFields compare, in KeyMeta meta) => compare.Target switch
    {
        CompareTargets.Version => meta.Version.CompareTo(compare.Number),
        CompareTargets.Create => meta.Created.Value.CompareTo(compare.Number),
        CompareTargets.Mod => meta.Modified.Main.Value.CompareTo(compare.Number),
        CompareTargets.Lease => meta.Lease.Value.CompareTo(compare.Number),
        _ => 0,
    };

    private static bool Matches(int result, int order) => result switch
    {
        CompareResults.Equal => order == 0,
        CompareResults.NotEqual => order != 0,
        CompareResults.Greater => order > 0,
        CompareResults.Less => order < 0,
        _ => true,
    };
}
