using KvStore.Primitives;

namespace KvStore.Mvcc.Index;

/// <summary>
/// The writer's tree: the next version of the index, built by copying the nodes on the way to a change. Apply lane only.
/// </summary>
/// <remarks>
/// I-1 a node is changed in place only by the batch that made it; every other node may be seen by a reader.
/// I-2 what a change drops is retired, and freed when no version that could see it is held any more.
/// I-3 Live of a child slot is exact for the subtree below it, LivenessChanged is not below the truth.
/// </remarks>
internal sealed class IndexTree
{
    /// <summary>A node with fewer slots is joined with a neighbour, if the two leave room for new keys.</summary>
    private const int JoinBelow = Slots.Capacity / 4;
    private const int JoinedMax = Slots.Capacity * 3 / 4;

    /// <summary>Where a full node is cut when keys arrive in order: the left part stays nearly full, as nothing more comes there.</summary>
    private const int CutAppending = Slots.Capacity * 7 / 8;

    private readonly IndexSlabs _slabs;
    private readonly RetiredList _retired;

    public IndexTree(IndexSlabs slabs, RetiredList retired, IndexRoot root, long batch)
    {
        _slabs = slabs;
        _retired = retired;
        Root = root;
        Batch = batch;
    }

    public IndexRoot Root { get; private set; }

    /// <summary>The number of the batch being built: nodes that carry it are not published yet.</summary>
    public long Batch { get; private set; }

    /// <summary>What was built is published from here on; the next change copies again.</summary>
    public void BeginBatch(long batch)
    {
        Check.That(batch > Batch, "batches are numbered upwards");
        Batch = batch;
    }

    /// <summary>Makes a version the newest of its key, which the tree may or may not know. Returns the reference of the key's bytes.</summary>
    public uint Put(ReadOnlySpan<byte> key, uint record)
    {
        ref var version = ref _slabs.Records[record];
        var known = version.Previous != 0;
        var wasLive = known && !_slabs.Records[version.Previous].IsTombstone;
        var liveDelta = (version.IsTombstone ? 0 : 1) - (wasLive ? 1 : 0);
        var livenessChanged = liveDelta != 0 || version.ChangesLiveness ? version.Main : 0;
        if (!known)
            MakeRoomAtTop();
        ref var leaf = ref _slabs.Leaves[Descend(key, liveDelta, livenessChanged, inserting: !known)];
        var slot = leaf.Slots.LowerBound(key, _slabs.Keys, out var found);
        Check.That(found == known, "a version has a predecessor if and only if the tree knows its key");
        if (found)
        {
            leaf.Slots.Targets[slot] = record;
        }
        else
        {
            leaf.Slots.Insert(slot, _slabs.Keys.Add(key), record, _slabs.Keys);
            leaf.OpenLive(slot);
        }

        leaf.SetLive(slot, !version.IsTombstone);
        leaf.LivenessChanged = Math.Max(leaf.LivenessChanged, livenessChanged);
        return leaf.Slots.Keys[slot];
    }

    /// <summary>Takes out a key whose newest version is a tombstone, and retires its bytes.</summary>
    public void Remove(ReadOnlySpan<byte> key)
    {
        Root = Root with { Node = Own(Root.Node, Root.Height) };
        RemoveBelow(Root.Node, Root.Height, key);
        while (Root.Height > 0 && _slabs.Inners[Root.Node].Slots.Count <= 1)
        {
            var top = Root.Node;
            Root = _slabs.Inners[top].Slots.Count == 1
                ? new IndexRoot(_slabs.Inners[top].Slots.Targets[0], Root.Height - 1)
                : IndexLoader.MakeEmpty(_slabs, Batch);
            DropInner(top);
        }
    }

    private uint Descend(ReadOnlySpan<byte> key, int liveDelta, long livenessChanged, bool inserting)
    {
        var node = Own(Root.Node, Root.Height);
        Root = Root with { Node = node };
        for (var height = Root.Height; height > 0; height--)
        {
            ref var inner = ref _slabs.Inners[node];
            var slot = inner.Slots.ChildSlot(key, _slabs.Keys);
            if (inserting && SlotsOf(inner.Slots.Targets[slot], height - 1).IsFull)
            {
                SplitChild(ref inner, slot, height - 1, key);
                slot = inner.Slots.ChildSlot(key, _slabs.Keys);
            }

            node = OwnChild(ref inner, slot, height - 1);
            inner.Live[slot] = (uint)(inner.Live[slot] + liveDelta);
            inner.LivenessChanged[slot] = Math.Max(inner.LivenessChanged[slot], livenessChanged);
        }

        return node;
    }

    private void MakeRoomAtTop()
    {
        if (!SlotsOf(Root.Node, Root.Height).IsFull)
            return;
        var (live, changed) = TotalOf(Root.Node, Root.Height);
        var top = _slabs.Inners.Take();
        ref var inner = ref _slabs.Inners[top];
        inner = new Inner { Batch = Batch };
        inner.Slots.First = 1;
        inner.Slots.Count = 1;
        inner.Slots.Targets[0] = Root.Node;
        inner.Live[0] = (uint)live;
        inner.LivenessChanged[0] = changed;
        Root = new IndexRoot(top, Root.Height + 1);
        Check.That(Root.Height <= KeyCursor.HeightMax, "a tree is no higher than a cursor can remember");
    }

    private void SplitChild(ref Inner parent, int slot, int childHeight, ReadOnlySpan<byte> key)
    {
        var left = OwnChild(ref parent, slot, childHeight);
        var appending = SlotsOf(left, childHeight).LowerBound(key, _slabs.Keys, out _) == Slots.Capacity;
        var cut = appending ? CutAppending : Slots.Capacity / 2;
        var right = childHeight == 0 ? SplitLeaf(left, cut, out var separator) : SplitInner(left, cut, out separator);
        parent.OpenChild(slot + 1);
        parent.Slots.Insert(slot + 1, separator, right, _slabs.Keys);
        SetTotals(ref parent, slot, childHeight);
        SetTotals(ref parent, slot + 1, childHeight);
    }

    private uint SplitLeaf(uint leftNode, int cut, out uint separator)
    {
        var rightNode = _slabs.Leaves.Take();
        ref var left = ref _slabs.Leaves[leftNode];
        ref var right = ref _slabs.Leaves[rightNode];
        right = new Leaf { Batch = Batch, LivenessChanged = left.LivenessChanged, Live = left.Live >> cut };
        left.Slots.CopyTail(cut, ref right.Slots);
        left.Slots.Count = (short)cut;
        left.Live &= (1u << cut) - 1;
        left.Slots.Refresh(_slabs.Keys);
        right.Slots.Refresh(_slabs.Keys);
        separator = IndexLoader.AddSeparator(_slabs.Keys, left.Slots.Keys[cut - 1], right.Slots.Keys[0]);
        return rightNode;
    }

    private uint SplitInner(uint leftNode, int cut, out uint separator)
    {
        var rightNode = _slabs.Inners.Take();
        ref var left = ref _slabs.Inners[leftNode];
        ref var right = ref _slabs.Inners[rightNode];
        right = new Inner { Batch = Batch };
        right.Slots.First = 1;
        separator = left.Slots.Keys[cut];
        left.CopyTail(cut, ref right);
        left.Slots.CopyTail(cut, ref right.Slots);
        right.Slots.Keys[0] = 0;
        left.Slots.Count = (short)cut;
        left.Slots.Refresh(_slabs.Keys);
        right.Slots.Refresh(_slabs.Keys);
        return rightNode;
    }

    private void RemoveBelow(uint node, int height, ReadOnlySpan<byte> key)
    {
        if (height == 0)
        {
            ref var leaf = ref _slabs.Leaves[node];
            var position = leaf.Slots.LowerBound(key, _slabs.Keys, out var found);
            Check.That(found && !leaf.IsLive(position), "only a key that is deleted is taken out of the index");
            _retired.AddKey(leaf.Slots.Keys[position]);
            leaf.Slots.Remove(position);
            leaf.CloseLive(position);
            return;
        }

        ref var inner = ref _slabs.Inners[node];
        var slot = inner.Slots.ChildSlot(key, _slabs.Keys);
        RemoveBelow(OwnChild(ref inner, slot, height - 1), height - 1, key);
        MendChild(ref inner, slot, height - 1);
    }

    private void MendChild(ref Inner parent, int slot, int childHeight)
    {
        int count = SlotsOf(parent.Slots.Targets[slot], childHeight).Count;
        if (count == 0)
            DropEmptyChild(ref parent, slot, childHeight);
        else if (count < JoinBelow && slot + 1 < parent.Slots.Count && count + CountOf(ref parent, slot + 1, childHeight) <= JoinedMax)
            JoinWithNext(ref parent, slot, childHeight);
        else if (count < JoinBelow && slot > 0 && count + CountOf(ref parent, slot - 1, childHeight) <= JoinedMax)
            JoinWithNext(ref parent, slot - 1, childHeight);
    }

    private void DropEmptyChild(ref Inner parent, int slot, int childHeight)
    {
        Drop(parent.Slots.Targets[slot], childHeight);
        // The first child has no key of its own: the next one becomes first and gives its key up.
        var keySlot = Math.Max(slot, 1);
        if (keySlot < parent.Slots.Count)
            _retired.AddKey(parent.Slots.Keys[keySlot]);
        parent.Slots.Remove(slot);
        parent.CloseChild(slot);
    }

    private void JoinWithNext(ref Inner parent, int slot, int childHeight)
    {
        var left = OwnChild(ref parent, slot, childHeight);
        var right = parent.Slots.Targets[slot + 1];
        var separator = parent.Slots.Keys[slot + 1];
        if (childHeight == 0)
        {
            JoinLeaves(ref _slabs.Leaves[left], in _slabs.Leaves[right]);
            _retired.AddKey(separator);
        }
        else
        {
            JoinInners(ref _slabs.Inners[left], in _slabs.Inners[right], separator);
        }

        parent.Slots.Remove(slot + 1);
        parent.CloseChild(slot + 1);
        SetTotals(ref parent, slot, childHeight);
        Drop(right, childHeight);
    }

    private void JoinLeaves(ref Leaf left, in Leaf right)
    {
        left.Live |= right.Live << left.Slots.Count;
        left.LivenessChanged = Math.Max(left.LivenessChanged, right.LivenessChanged);
        right.Slots.CopyTail(0, ref left.Slots);
        left.Slots.Refresh(_slabs.Keys);
    }

    private void JoinInners(ref Inner left, in Inner right, uint separator)
    {
        int end = left.Slots.Count;
        right.CopyTail(0, ref left);
        right.Slots.CopyTail(0, ref left.Slots);
        left.Slots.Keys[end] = separator;
        left.Slots.Refresh(_slabs.Keys);
    }

    private void SetTotals(ref Inner parent, int slot, int childHeight)
    {
        var (live, changed) = TotalOf(parent.Slots.Targets[slot], childHeight);
        parent.Live[slot] = (uint)live;
        parent.LivenessChanged[slot] = changed;
    }

    private (long Live, long LivenessChanged) TotalOf(uint node, int height) => height == 0
        ? (_slabs.Leaves[node].LiveCount, _slabs.Leaves[node].LivenessChanged)
        : _slabs.Inners[node].Total();

    private ref Slots SlotsOf(uint node, int height)
    {
        if (height == 0)
            return ref _slabs.Leaves[node].Slots;
        return ref _slabs.Inners[node].Slots;
    }

    private int CountOf(ref Inner parent, int slot, int childHeight) => SlotsOf(parent.Slots.Targets[slot], childHeight).Count;

    private uint OwnChild(ref Inner parent, int slot, int childHeight)
    {
        var child = Own(parent.Slots.Targets[slot], childHeight);
        parent.Slots.Targets[slot] = child;
        return child;
    }

    /// <summary>The node itself if this batch made it, else a copy that this batch may change.</summary>
    private uint Own(uint node, int height)
    {
        if (height == 0)
        {
            ref var leaf = ref _slabs.Leaves[node];
            if (leaf.Batch == Batch)
                return node;
            var leafCopy = _slabs.Leaves.Take();
            _slabs.Leaves[leafCopy] = leaf;
            _slabs.Leaves[leafCopy].Batch = Batch;
            _retired.AddLeaf(node, leaf.Batch);
            return leafCopy;
        }

        ref var inner = ref _slabs.Inners[node];
        if (inner.Batch == Batch)
            return node;
        var copy = _slabs.Inners.Take();
        _slabs.Inners[copy] = inner;
        _slabs.Inners[copy].Batch = Batch;
        _retired.AddInner(node, inner.Batch);
        return copy;
    }

    private void Drop(uint node, int height)
    {
        if (height == 0)
            DropLeaf(node);
        else
            DropInner(node);
    }

    private void DropLeaf(uint node)
    {
        if (_slabs.Leaves[node].Batch == Batch)
            _slabs.Leaves.Free(node);
        else
            _retired.AddLeaf(node, _slabs.Leaves[node].Batch);
    }

    private void DropInner(uint node)
    {
        if (_slabs.Inners[node].Batch == Batch)
            _slabs.Inners.Free(node);
        else
            _retired.AddInner(node, _slabs.Inners[node].Batch);
    }
}
