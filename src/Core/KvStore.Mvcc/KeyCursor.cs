using System.Runtime.CompilerServices;
using KvStore.Mvcc.Index;

namespace KvStore.Mvcc;

/// <summary>
/// Walks the live keys of a range at one revision, ascending. On one thread, while its reader is open and unchanged; the spans it
/// was made from must outlive it.
/// </summary>
public ref struct KeyCursor
{
    /// <summary>Levels of inner nodes. With at least two children in a node, the tree would need more than 2^32 keys to pass it.</summary>
    internal const int HeightMax = 31;

    private readonly IndexSlabs _slabs;
    private readonly IndexRoot _root;
    private readonly ReadOnlySpan<byte> _key;
    private readonly ReadOnlySpan<byte> _end;
    private readonly long _at;
    private Path _path;
    private uint _leaf;
    private int _slot;
    private int _limit;
    private uint _record;
    private bool _started;
    private bool _ended;

    internal KeyCursor(IndexSlabs slabs, IndexRoot root, ReadOnlySpan<byte> key, ReadOnlySpan<byte> end, long at)
    {
        _slabs = slabs;
        _root = root;
        _key = key;
        _end = end;
        _at = at;
        _ended = !end.IsEmpty && new KeyRange(key, end).IsEmpty;
    }

    /// <summary>The key; valid as long as the reader is open.</summary>
    public readonly ReadOnlySpan<byte> Key => _slabs.Keys[_slabs.Leaves[_leaf].Slots.Keys[_slot]];

    public readonly KeyMeta Meta => MvccReader.MetaOf(in _slabs.Records[_record]);

    /// <summary>Steps to the next (at first: the first) key; false at the end.</summary>
    public bool MoveNext()
    {
        if (_ended)
            return false;
        if (_started)
        {
            _slot++;
        }
        else
        {
            _started = true;
            Start();
        }

        while (true)
        {
            for (; _slot < _limit; _slot++)
            {
                if (IsLiveHere())
                    return true;
            }

            if (!NextLeaf())
            {
                _ended = true;
                return false;
            }
        }
    }

    private bool IsLiveHere()
    {
        ref var leaf = ref _slabs.Leaves[_leaf];
        if (_at != IndexSearch.Latest)
            return IndexSearch.TryResolve(_slabs, leaf.Slots.Targets[_slot], _at, out _record);
        _record = leaf.Slots.Targets[_slot];
        return leaf.IsLive(_slot);
    }

    private void Start()
    {
        var node = _root.Node;
        for (var level = 0; level < _root.Height; level++)
        {
            ref var inner = ref _slabs.Inners[node];
            var slot = inner.Slots.ChildSlot(_key, _slabs.Keys);
            _path[level] = new Step(node, slot);
            node = inner.Slots.Targets[slot];
        }

        EnterLeaf(node);
        _slot = _slabs.Leaves[node].Slots.LowerBound(_key, _slabs.Keys, out var found);
        if (_end.IsEmpty)
            _limit = found ? _slot + 1 : _slot;
    }

    private bool NextLeaf()
    {
        // A bound inside the leaf, or a single key: nothing after it belongs to the range.
        if (_end.IsEmpty || _limit < _slabs.Leaves[_leaf].Slots.Count)
            return false;
        var level = _root.Height - 1;
        while (level >= 0 && _path[level].Slot + 1 >= _slabs.Inners[_path[level].Node].Slots.Count)
            level--;
        if (level < 0)
            return false;
        _path[level] = new Step(_path[level].Node, _path[level].Slot + 1);
        var node = _slabs.Inners[_path[level].Node].Slots.Targets[_path[level].Slot];
        for (level++; level < _root.Height; level++)
        {
            _path[level] = new Step(node, 0);
            node = _slabs.Inners[node].Slots.Targets[0];
        }

        EnterLeaf(node);
        _slot = 0;
        return true;
    }

    private void EnterLeaf(uint node)
    {
        _leaf = node;
        ref var leaf = ref _slabs.Leaves[node];
        _limit = _end.IsEmpty || _end is [0] ? leaf.Slots.Count : leaf.Slots.LowerBound(_end, _slabs.Keys, out _);
    }

    private readonly record struct Step(uint Node, int Slot);

    [InlineArray(HeightMax)]
    private struct Path
    {
        private Step _first;
    }
}
