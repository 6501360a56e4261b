using System.Buffers.Binary;
using KvStore.Primitives;

namespace KvStore.Node.Snapshots.Bolt;

/// <summary>Walks one tree of a file from its first key to its last. The spans are valid until the next move.</summary>
internal sealed class BoltCursor
{
    /// <summary>Branches of two children reach 2^48 leaves; a deeper tree is a circle.</summary>
    private const int DepthMax = 48;

    private readonly BoltFile _file;
    private readonly List<Frame> _path = [];
    private readonly ByteWriter _previous = new();
    private ulong _visited;
    private int _depth;
    private bool _isFirst = true;
    private (int Key, int KeyBytes, int Value, int ValueBytes) _at;

    public BoltCursor(BoltFile file, ulong root)
    {
        _file = file;
        Enter(root);
    }

    /// <summary>Over a bucket that lies within its parent's page.</summary>
    public BoltCursor(BoltFile file, byte[] inline)
    {
        _file = file;
        var frame = FrameAt(0);
        frame.Buffer = inline;
        frame.Begin(file, 0, inline.Length);
        if (!frame.IsLeaf)
            throw file.Corrupt(0, "a small bucket is one leaf");
        _depth = 1;
    }

    public ReadOnlySpan<byte> Key => _path[_depth - 1].Buffer.AsSpan(_at.Key, _at.KeyBytes);

    public ReadOnlySpan<byte> Value => _path[_depth - 1].Buffer.AsSpan(_at.Value, _at.ValueBytes);

    /// <summary>The value is a bucket.</summary>
    public bool IsBucket { get; private set; }

    public bool MoveNext()
    {
        while (_depth > 0)
        {
            var frame = _path[_depth - 1];
            if (frame.Next == frame.Count)
            {
                _depth--;
                continue;
            }

            var index = frame.Next++;
            if (!frame.IsLeaf)
            {
                Enter(frame.ChildAt(_file, index));
                continue;
            }

            (_at, IsBucket) = frame.ElementAt(_file, index);
            CheckOrder(frame.Id);
            return true;
        }

        return false;
    }

    private void Enter(ulong id)
    {
        if (_depth == DepthMax || ++_visited > _file.Pages)
            throw _file.Corrupt(id, "the tree goes in a circle");
        var frame = FrameAt(_depth);
        var length = _file.ReadPage(id, ref frame.Buffer);
        frame.Begin(_file, id, length);
        _depth++;
    }

    private void CheckOrder(ulong page)
    {
        if (!_isFirst && Key.SequenceCompareTo(_previous.WrittenSpan) <= 0)
            throw _file.Corrupt(page, "keys are out of order");
        _isFirst = false;
        _previous.Clear();
        _previous.Write(Key);
    }

    private Frame FrameAt(int depth)
    {
        if (depth == _path.Count)
            _path.Add(new Frame());
        return _path[depth];
    }

    /// <summary>One page on the way from the root to the key. Its buffer is used again for the next page of the level.</summary>
    private sealed class Frame
    {
        public byte[] Buffer = [];
        private int _length;

        public ulong Id { get; private set; }

        public int Count { get; private set; }

        public bool IsLeaf { get; private set; }

        public int Next { get; set; }

        public void Begin(BoltFile file, ulong id, int length)
        {
            if (length < BoltFormat.PageHeaderBytes || BinaryPrimitives.ReadUInt64LittleEndian(Buffer) != id)
                throw file.Corrupt(id, "it carries another number");
            var flags = BinaryPrimitives.ReadUInt16LittleEndian(Buffer.AsSpan(8));
            if (flags is not (BoltFormat.LeafFlag or BoltFormat.BranchFlag))
                throw file.Corrupt(id, "it is neither branch nor leaf");
            Id = id;
            IsLeaf = flags == BoltFormat.LeafFlag;
            Count = BinaryPrimitives.ReadUInt16LittleEndian(Buffer.AsSpan(10));
            Next = 0;
            _length = length;
            if (DataAt > length)
                throw file.Corrupt(id, "it is too short for its elements");
        }

        public ulong ChildAt(BoltFile file, int index)
        {
            var element = Element(index);
            Place(file, index, BinaryPrimitives.ReadUInt32LittleEndian(element), BinaryPrimitives.ReadUInt32LittleEndian(element[4..]), 0);
            return BinaryPrimitives.ReadUInt64LittleEndian(element[8..]);
        }

        public ((int Key, int KeyBytes, int Value, int ValueBytes) At, bool IsBucket) ElementAt(BoltFile file, int index)
        {
            var element = Element(index);
            var flags = BinaryPrimitives.ReadUInt32LittleEndian(element);
            if (flags is not (0 or BoltFormat.BucketElement))
                throw file.Corrupt(Id, "an element is of no known kind");
            var keyBytes = BinaryPrimitives.ReadUInt32LittleEndian(element[8..]);
            var valueBytes = BinaryPrimitives.ReadUInt32LittleEndian(element[12..]);
            var key = Place(file, index, BinaryPrimitives.ReadUInt32LittleEndian(element[4..]), keyBytes, valueBytes);
            return ((key, (int)keyBytes, key + (int)keyBytes, (int)valueBytes), flags == BoltFormat.BucketElement);
        }

        private int DataAt => BoltFormat.PageHeaderBytes + (Count * BoltFormat.ElementBytes);

        private ReadOnlySpan<byte> Element(int index) =>
            Buffer.AsSpan(BoltFormat.PageHeaderBytes + (index * BoltFormat.ElementBytes), BoltFormat.ElementBytes);

        /// <summary>Where an element's bytes begin: behind the elements, and wholly within the page.</summary>
        private int Place(BoltFile file, int index, uint position, uint keyBytes, uint valueBytes)
        {
            var at = BoltFormat.PageHeaderBytes + ((long)index * BoltFormat.ElementBytes) + position;
            if (at < DataAt || at + keyBytes + valueBytes > _length)
                throw file.Corrupt(Id, "an element lies outside of it");
            return (int)at;
        }
    }
}
