using KvStore.Primitives;

namespace KvStore.Mvcc.Index;

/// <summary>Builds a tree from keys in ascending order, bottom up: leaves are filled once and never split.</summary>
internal sealed class IndexLoader
{
    /// <summary>Full leaves would all split at the first new key; an eighth is left free.</summary>
    private const int Fill = Slots.Capacity * 7 / 8;

    private readonly IndexSlabs _slabs;
    private readonly List<Child> _leaves = [];
    private uint _leaf;
    private uint _leafLastKey;

    public IndexLoader(IndexSlabs slabs) => _slabs = slabs;

    /// <summary>An empty tree: one empty leaf.</summary>
    public static IndexRoot MakeEmpty(IndexSlabs slabs, long batch)
    {
        var node = slabs.Leaves.Take();
        slabs.Leaves[node] = new Leaf { Batch = batch };
        return new IndexRoot(node, 0);
    }

    /// <summary>The shortest key that is above <paramref name="below"/> and not above <paramref name="above"/>; inner nodes own their keys.</summary>
    public static uint AddSeparator(KeyBytes keys, uint below, uint above)
    {
        var upper = keys[above];
        var shared = keys[below].CommonPrefixLength(upper);
        Check.That(shared < upper.Length, "neighbouring keys are in order");
        return keys.Add(upper[..(shared + 1)]);
    }

    /// <summary>Adds a key above all that were added, with its newest version. Returns the reference of its bytes.</summary>
    public uint Add(ReadOnlySpan<byte> key, uint newest)
    {
        if (_leaf == 0 || _slabs.Leaves[_leaf].Slots.Count == Fill)
            OpenLeaf();
        ref var leaf = ref _slabs.Leaves[_leaf];
        var slot = leaf.Slots.Count++;
        var reference = _slabs.Keys.Add(key);
        leaf.Slots.Keys[slot] = reference;
        leaf.Slots.Targets[slot] = newest;
        leaf.SetLive(slot, !_slabs.Records[newest].IsTombstone);
        for (var record = newest; record != 0; record = _slabs.Records[record].Previous)
        {
            // The newest change of liveness is the first one on the way back.
            if (!_slabs.Records[record].ChangesLiveness)
                continue;
            leaf.LivenessChanged = Math.Max(leaf.LivenessChanged, _slabs.Records[record].Main);
            break;
        }

        return reference;
    }

    public IndexRoot Finish()
    {
        CloseLeaf();
        if (_leaves.Count == 0)
            return MakeEmpty(_slabs, batch: 0);
        var level = _leaves;
        var height = 0;
        while (level.Count > 1)
        {
            level = MakeLevel(level);
            height++;
        }

        Check.That(height <= KeyCursor.HeightMax, "a tree is no higher than a cursor can remember");
        return new IndexRoot(level[0].Node, height);
    }

    private void OpenLeaf()
    {
        CloseLeaf();
        _leaf = _slabs.Leaves.Take();
        _slabs.Leaves[_leaf] = default;
    }

    private void CloseLeaf()
    {
        if (_leaf == 0)
            return;
        ref var leaf = ref _slabs.Leaves[_leaf];
        leaf.Slots.Refresh(_slabs.Keys);
        var separator = _leafLastKey == 0 ? 0 : AddSeparator(_slabs.Keys, _leafLastKey, leaf.Slots.Keys[0]);
        _leafLastKey = leaf.Slots.Keys[leaf.Slots.Count - 1];
        _leaves.Add(new Child(_leaf, separator, leaf.LiveCount, leaf.LivenessChanged));
        _leaf = 0;
    }

    private List<Child> MakeLevel(List<Child> children)
    {
        var parents = new List<Child>();
        for (var from = 0; from < children.Count; from += Fill)
        {
            var node = _slabs.Inners.Take();
            ref var inner = ref _slabs.Inners[node];
            inner = default;
            inner.Slots.First = 1;
            for (var i = from; i < Math.Min(from + Fill, children.Count); i++)
            {
                var slot = inner.Slots.Count++;
                inner.Slots.Keys[slot] = slot == 0 ? 0 : children[i].Separator;
                inner.Slots.Targets[slot] = children[i].Node;
                inner.Live[slot] = (uint)children[i].Live;
                inner.LivenessChanged[slot] = children[i].LivenessChanged;
            }

            inner.Slots.Refresh(_slabs.Keys);
            var (live, changed) = inner.Total();
            parents.Add(new Child(node, children[from].Separator, live, changed));
        }

        return parents;
    }

    private readonly record struct Child(uint Node, uint Separator, long Live, long LivenessChanged);
}
