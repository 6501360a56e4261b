using KvStore.Mvcc.Index;

namespace KvStore.Mvcc.Tests.Support;

/// <summary>Walks a whole tree, checks every rule of its nodes, and counts what it refers to.</summary>
internal sealed class IndexAudit
{
    private readonly IndexSlabs _slabs;
    private byte[]? _last;

    private IndexAudit(IndexSlabs slabs) => _slabs = slabs;

    public int Leaves { get; private set; }

    public int Inners { get; private set; }

    public int Records { get; private set; }

    public HashSet<uint> Keys { get; } = [];

    public static IndexAudit Of(IndexSlabs slabs, IndexRoot root)
    {
        var audit = new IndexAudit(slabs);
        audit.Walk(root.Node, root.Height, isTop: true, null, null);
        return audit;
    }

    private (long Live, long Changed) Walk(uint node, int height, bool isTop, byte[]? low, byte[]? high)
    {
        if (height == 0)
            return WalkLeaf(node, isTop, low, high);
        Inners++;
        var inner = _slabs.Inners[node];
        Assert.Equal(1, inner.Slots.First);
        Assert.InRange(inner.Slots.Count, isTop ? 2 : 1, Slots.Capacity);
        CheckSlots(inner.Slots);
        long live = 0;
        long changed = 0;
        for (var slot = 0; slot < inner.Slots.Count; slot++)
        {
            var childLow = slot == 0 ? low : _slabs.Keys[inner.Slots.Keys[slot]].ToArray();
            var childHigh = slot + 1 < inner.Slots.Count ? _slabs.Keys[inner.Slots.Keys[slot + 1]].ToArray() : high;
            var child = Walk(inner.Slots.Targets[slot], height - 1, isTop: false, childLow, childHigh);
            Assert.Equal(child.Live, (long)inner.Live[slot]);
            Assert.True(inner.LivenessChanged[slot] >= child.Changed);
            live += child.Live;
            changed = Math.Max(changed, child.Changed);
        }

        return (live, changed);
    }

    private (long Live, long Changed) WalkLeaf(uint node, bool isTop, byte[]? low, byte[]? high)
    {
        Leaves++;
        var leaf = _slabs.Leaves[node];
        Assert.Equal(0, leaf.Slots.First);
        Assert.InRange(leaf.Slots.Count, isTop ? 0 : 1, Slots.Capacity);
        CheckSlots(leaf.Slots);
        long changed = 0;
        for (var slot = 0; slot < leaf.Slots.Count; slot++)
        {
            var key = _slabs.Keys[leaf.Slots.Keys[slot]].ToArray();
            Assert.True(_last is null || key.AsSpan().SequenceCompareTo(_last) > 0);
            Assert.True(low is null || key.AsSpan().SequenceCompareTo(low) >= 0);
            Assert.True(high is null || key.AsSpan().SequenceCompareTo(high) < 0);
            _last = key;
            changed = Math.Max(changed, WalkChain(leaf.Slots.Targets[slot]));
            Assert.Equal(!_slabs.Records[leaf.Slots.Targets[slot]].IsTombstone, leaf.IsLive(slot));
        }

        Assert.True(leaf.LivenessChanged >= changed);
        Assert.Equal(0u, (uint)((ulong)leaf.Live >> leaf.Slots.Count));
        return (leaf.LiveCount, changed);
    }

    private long WalkChain(uint newest)
    {
        long changed = 0;
        uint next = 0;
        for (var number = newest; number != 0; number = _slabs.Records[number].Previous)
        {
            var record = _slabs.Records[number];
            Assert.Equal(next, record.Next);
            next = number;
            Records++;
            // Compaction cuts the oldest away, so a version without an older one may hide when it came to life.
            if (record.ChangesLiveness)
                changed = Math.Max(changed, record.Main);
        }

        return changed;
    }

    private void CheckSlots(in Slots slots)
    {
        for (int slot = slots.First; slot < slots.Count; slot++)
        {
            Assert.True(Keys.Add(slots.Keys[slot]));
            Assert.Equal(Slots.PrefixOf(_slabs.Keys[slots.Keys[slot]], slots.Skip), slots.Prefixes[slot]);
            Assert.Equal(slot, slots.LowerBound(_slabs.Keys[slots.Keys[slot]], _slabs.Keys, out var found));
            Assert.True(found);
        }
    }
}
