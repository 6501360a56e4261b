using KvStore.Mvcc;
using KvStore.Node.Peers;
using KvStore.Node.Stores;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Background;

/// <summary>
/// One snapshot being received. The record that says which entry the store is the result of is held back to the end: a store
/// without it is nobody's state.
/// </summary>
internal sealed class SnapshotReceipt(MemberId from, SnapshotPart.Manifest manifest, string path, IOrderedStore store)
{
    private readonly StoreBatch _batch = new();
    private uint _sum;

    public MemberId From { get; } = from;

    public ulong Id { get; } = manifest.Id;

    public Term Term { get; } = manifest.Term;

    public SnapshotMark Mark { get; } = manifest.Mark;

    public string Path { get; } = path;

    public IOrderedStore Store { get; } = store;

    public ulong Next { get; private set; }

    public Instant LastProgress { get; set; }

    /// <summary>Writes the next chunk; false when it is not what was sent.</summary>
    public bool TryWrite(SnapshotPart.Chunk chunk)
    {
        _sum = Crc32C.Append(_sum, chunk.Records.Span);
        if (_sum != chunk.Sum)
            return false;
        _batch.Clear();
        var rest = chunk.Records.Span;
        while (!rest.IsEmpty)
        {
            if (!SnapshotContents.TryTake(ref rest, out var key, out var value))
                return false;
            if (!key.SequenceEqual(MetaRecords.ConsistentKey))
                _batch.Put(key, value);
        }

        if (_batch.Count > 0)
            Store.Write(_batch);
        Next++;
        return true;
    }

    /// <summary>Makes the store durable and then whole; false when its members are not those of the manifest.</summary>
    public bool TryFinish()
    {
        if (!SnapshotContents.ReadMembership(Store).Equals(Mark.Membership))
            return false;
        Store.Flush();
        _batch.Clear();
        MetaRecords.PutConsistent(_batch, Mark.Index, Mark.Term);
        Store.Write(_batch);
        Store.Flush();
        return true;
    }
}
