using System.Buffers.Binary;
using KvStore.Primitives;

namespace KvStore.Node.Snapshots.Bolt;

/// <summary>
/// Writes a bbolt file from its first byte to its last, from sorted buckets of sorted keys: a page goes out when it is full, and the
/// page above takes note of it, so that memory holds one page for each level. The pages at the beginning name the root, which
/// comes last: who writes runs twice over the same keys, the first time for the layout alone.
/// </summary>
internal sealed class BoltWriter
{
    private readonly ByteWriter _output;
    private readonly BoltPageBuilder _root = new(BoltFormat.LeafFlag);
    private readonly ByteWriter _previous = new();
    private List<BoltPageBuilder>? _levels;
    private byte[] _bucket = [];
    private ulong _next = BoltFormat.FirstPage;

    /// <param name="output">Takes whole pages; the caller empties it as it likes.</param>
    /// <param name="layout">What an earlier run over the same keys has found; default in that run.</param>
    public BoltWriter(ByteWriter output, BoltLayout layout)
    {
        _output = output;
        var head = output.Take((int)BoltFormat.FirstPage * BoltFormat.PageBytes);
        head.Clear();
        BoltFormat.WriteMeta(head, 0, layout);
        BoltFormat.WriteMeta(head[BoltFormat.PageBytes..], 1, layout);
        // Nothing is free: an empty list.
        BoltFormat.WritePageHeader(head[(2 * BoltFormat.PageBytes)..], 2, BoltFormat.FreelistFlag, 0, 0);
    }

    /// <summary>Buckets come in the order of their names.</summary>
    public void BeginBucket(ReadOnlySpan<byte> name)
    {
        Check.That(_levels is null && _bucket.AsSpan().SequenceCompareTo(name) < 0, "buckets come one after the other, in order");
        _bucket = name.ToArray();
        _previous.Clear();
        _levels = [new BoltPageBuilder(BoltFormat.LeafFlag)];
    }

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Check.That(_levels is not null && _previous.WrittenSpan.SequenceCompareTo(key) < 0, "keys of a bucket come in order, each once");
        _previous.Clear();
        _previous.Write(key);
        if (!_levels[0].HasRoomFor(key.Length, value.Length))
            Emit(0);
        _levels[0].Add(key, value, elementFlags: 0, child: 0);
    }

    public void EndBucket()
    {
        Check.That(_levels is not null, "a bucket ends once");
        // Every level names the pages of the one below; the root is the first level of one page. An empty bucket has one empty leaf.
        ulong root;
        var level = 0;
        do
            root = Emit(level);
        while (_levels[level++].Pages > 1);

        _levels = null;
        Span<byte> value = stackalloc byte[BoltFormat.BucketBytes];
        value.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(value, root);
        Check.That(_root.HasRoomFor(_bucket.Length, value.Length), "the names of the buckets fit into one page");
        _root.Add(_bucket, value, BoltFormat.BucketElement, child: 0);
    }

    /// <summary>Writes the page of the buckets, the last.</summary>
    public BoltLayout Finish()
    {
        Check.That(_levels is null, "the last bucket has ended");
        var root = _next;
        _next += (ulong)_root.Emit(_output, root);
        return new BoltLayout(root, _next);
    }

    private ulong Emit(int level)
    {
        var page = _levels![level];
        if (_levels.Count == level + 1)
            _levels.Add(new BoltPageBuilder(BoltFormat.BranchFlag));
        var above = _levels[level + 1];
        if (!above.HasRoomFor(page.FirstKey.Length, 0))
            Emit(level + 1);
        var id = _next;
        above.Add(page.FirstKey, default, elementFlags: 0, id);
        _next += (ulong)page.Emit(_output, id);
        return id;
    }
}
