using KvStore.Primitives;

namespace KvStore.Mvcc.Index;

/// <summary>Reading a tree: any thread that holds the version the root belongs to, or the Apply lane on its working tree.</summary>
internal static class IndexSearch
{
    /// <summary>As a main revision: no chain is walked, the newest version counts.</summary>
    public const long Latest = long.MaxValue;

    /// <summary>The newest version of a key, tombstone or not; false where the tree does not know the key.</summary>
    public static bool TryFind(IndexSlabs slabs, IndexRoot root, ReadOnlySpan<byte> key, out uint record)
    {
        ref var leaf = ref slabs.Leaves[LeafOf(slabs, root, key)];
        var slot = leaf.Slots.LowerBound(key, slabs.Keys, out var found);
        record = found ? leaf.Slots.Targets[slot] : 0;
        return found;
    }

    /// <summary>The version of a key that is live at a revision, from its newest one.</summary>
    public static bool TryResolve(IndexSlabs slabs, uint newest, long at, out uint record)
    {
        for (record = newest; record != 0;)
        {
            ref var version = ref slabs.Records[record];
            if (version.Main <= at)
                return !version.IsTombstone;
            record = version.Previous;
        }

        return false;
    }

    /// <summary>
    /// The version that was live before the main revision of a change; null where there was none, and for a key that was created in
    /// that revision (etcd, v3rpc/watch.go: what its watchers get as prev_kv). Older changes of the same revision are passed over.
    /// </summary>
    public static ItemRevision? VersionBefore(IndexSlabs slabs, in VersionRecord change)
    {
        if (change.Created == change.Main)
            return null;
        var record = change.Previous;
        while (record != 0 && slabs.Records[record].Main == change.Main)
            record = slabs.Records[record].Previous;
        if (record == 0 || slabs.Records[record].IsTombstone)
            return null;
        return MvccReader.MetaOf(in slabs.Records[record]).Modified;
    }

    /// <summary>
    /// How many keys of a range are live at a revision. A child whose keys came and went only before is counted by its number;
    /// only children at the bounds, and those where keys came or went since, are entered.
    /// </summary>
    public static long Count(IndexSlabs slabs, IndexRoot root, in KeyRange range, long at) =>
        range.IsEmpty ? 0 : Count(slabs, root.Node, root.Height, in range, boundedBelow: true, boundedAbove: !range.IsUnbounded, at);

    private static uint LeafOf(IndexSlabs slabs, IndexRoot root, ReadOnlySpan<byte> key)
    {
        var node = root.Node;
        for (var height = root.Height; height > 0; height--)
        {
            ref var inner = ref slabs.Inners[node];
            node = inner.Slots.Targets[inner.Slots.ChildSlot(key, slabs.Keys)];
        }

        return node;
    }

    private static long Count(
        IndexSlabs slabs, uint node, int height, in KeyRange range, bool boundedBelow, bool boundedAbove, long at)
    {
        if (height == 0)
            return CountInLeaf(slabs, ref slabs.Leaves[node], in range, boundedBelow, boundedAbove, at);
        ref var inner = ref slabs.Inners[node];
        var low = boundedBelow ? inner.Slots.ChildSlot(range.Key, slabs.Keys) : 0;
        var high = boundedAbove ? inner.Slots.ChildSlot(range.End, slabs.Keys) : inner.Slots.Count - 1;
        long count = 0;
        for (var slot = low; slot <= high; slot++)
        {
            var cutBelow = boundedBelow && slot == low;
            var cutAbove = boundedAbove && slot == high;
            if (!cutBelow && !cutAbove && inner.LivenessChanged[slot] <= at)
                count += inner.Live[slot];
            else
                count += Count(slabs, inner.Slots.Targets[slot], height - 1, in range, cutBelow, cutAbove, at);
        }

        return count;
    }

    private static long CountInLeaf(
        IndexSlabs slabs, ref Leaf leaf, in KeyRange range, bool boundedBelow, bool boundedAbove, long at)
    {
        var from = boundedBelow ? leaf.Slots.LowerBound(range.Key, slabs.Keys, out _) : 0;
        var to = boundedAbove ? leaf.Slots.LowerBound(range.End, slabs.Keys, out _) : leaf.Slots.Count;
        if (leaf.LivenessChanged <= at)
            return leaf.LiveBetween(from, to);
        long count = 0;
        for (var slot = from; slot < to; slot++)
        {
            if (IsLiveAt(slabs, leaf.Slots.Targets[slot], at))
                count++;
        }

        return count;
    }

    /// <summary>Like <see cref="TryResolve"/>, but a version that was live says so for all the time since its key was created: mostly one step.</summary>
    private static bool IsLiveAt(IndexSlabs slabs, uint newest, long at)
    {
        for (var record = newest; record != 0;)
        {
            ref var version = ref slabs.Records[record];
            if (version.Main <= at || (!version.IsTombstone && version.Created <= at))
                return !version.IsTombstone;
            record = version.Previous;
        }

        return false;
    }
}
