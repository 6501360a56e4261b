using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>
/// Ranges of keys, to be asked which of them contain a key: a treap ordered by <see cref="KeyRange"/> whose nodes know the
/// furthest end below them. A question visits O(log n + h log(n/h)) nodes for h hits; a change O(log n), whatever order clients
/// choose, because priorities are drawn.
/// </summary>
internal sealed class RangeTree(Prng prng)
{
    private Node? _root;

    public int Count { get; private set; }

    public WatchedRange? Find(in KeyRange range)
    {
        var node = _root;
        while (node is not null)
        {
            var order = range.CompareTo(node.Item.Range);
            if (order == 0)
                return node.Item;
            node = order < 0 ? node.Left : node.Right;
        }

        return null;
    }

    /// <summary>The range must not be in the tree yet.</summary>
    public void Add(WatchedRange item)
    {
        Split(_root, item.Range, out var below, out var above);
        _root = Join(Join(below, new Node(item, prng.NextUInt64())), above);
        Count++;
    }

    public void Remove(WatchedRange item)
    {
        var removed = false;
        _root = Remove(_root, item, ref removed);
        Check.That(removed, "a watched range is removed from the tree it is in");
        Count--;
    }

    /// <summary>Appends every range that contains the key.</summary>
    public void Stab(ReadOnlySpan<byte> key, List<WatchedRange> hits) => Stab(_root, key, hits);

    private static void Stab(Node? node, ReadOnlySpan<byte> key, List<WatchedRange> hits)
    {
        while (node is not null && node.Furthest.EndsAfter(key))
        {
            Stab(node.Left, key, hits);
            if (key.SequenceCompareTo(node.Item.Range.From) < 0)
                return;
            if (node.Item.Range.EndsAfter(key))
                hits.Add(node.Item);
            node = node.Right;
        }
    }

    private static void Split(Node? node, in KeyRange at, out Node? below, out Node? above)
    {
        if (node is null)
        {
            below = null;
            above = null;
        }
        else if (node.Item.Range.CompareTo(at) < 0)
        {
            Split(node.Right, at, out node.Right, out above);
            below = node;
            node.Refresh();
        }
        else
        {
            Split(node.Left, at, out below, out node.Left);
            above = node;
            node.Refresh();
        }
    }

    private static Node? Join(Node? below, Node? above)
    {
        if (below is null || above is null)
            return below ?? above;
        if (below.Priority > above.Priority)
        {
            below.Right = Join(below.Right, above);
            below.Refresh();
            return below;
        }

        above.Left = Join(below, above.Left);
        above.Refresh();
        return above;
    }

    private static Node? Remove(Node? node, WatchedRange item, ref bool removed)
    {
        if (node is null)
            return null;
        if (ReferenceEquals(node.Item, item))
        {
            removed = true;
            return Join(node.Left, node.Right);
        }

        if (item.Range.CompareTo(node.Item.Range) < 0)
            node.Left = Remove(node.Left, item, ref removed);
        else
            node.Right = Remove(node.Right, item, ref removed);
        node.Refresh();
        return node;
    }

    private sealed class Node(WatchedRange item, ulong priority)
    {
        // Fields, because a split writes the halves straight into them.
        public Node? Left;
        public Node? Right;

        public WatchedRange Item { get; } = item;

        public ulong Priority { get; } = priority;

        /// <summary>The range of this subtree that ends last.</summary>
        public KeyRange Furthest { get; private set; } = item.Range;

        public void Refresh()
        {
            Furthest = Item.Range;
            if (Left is not null && KeyRange.CompareEnds(Left.Furthest, Furthest) > 0)
                Furthest = Left.Furthest;
            if (Right is not null && KeyRange.CompareEnds(Right.Furthest, Furthest) > 0)
                Furthest = Right.Furthest;
        }
    }
}
