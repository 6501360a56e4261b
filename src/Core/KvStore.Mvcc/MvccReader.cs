using KvStore.Mvcc.Index;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>
/// What a range or a compare needs: keys in order, their metadata, their number, their stored values, at the latest or a past
/// revision. Two things read this way: a published <see cref="MvccView"/>, and the <see cref="MvccWriter"/> within its batch.
/// </summary>
/// <remarks>
/// A revision given as <c>at</c> is <see cref="Revision.Zero"/> for the latest, or lies in [<see cref="Compacted"/>,
/// <see cref="Current"/>]: the caller has refused every other one with etcd's error before.
/// A range is [key, end); an empty end means the single key, an end of one zero byte means "no upper bound".
/// </remarks>
public abstract class MvccReader
{
    private readonly IndexSlabs _slabs;

    private protected MvccReader(IndexSlabs slabs) => _slabs = slabs;

    /// <summary>The latest revision this reader sees.</summary>
    public abstract Revision Current { get; }

    /// <summary>The revision of the last compaction; zero when there was none. Nothing below it can be read.</summary>
    public abstract Revision Compacted { get; }

    private protected abstract IndexRoot Root { get; }

    /// <summary>The live version of a key at a revision; false where the key does not exist then.</summary>
    public bool TryGet(ReadOnlySpan<byte> key, Revision at, out KeyMeta meta)
    {
        var main = MainOf(at);
        if (IndexSearch.TryFind(_slabs, Root, key, out var newest) && IndexSearch.TryResolve(_slabs, newest, main, out var record))
        {
            meta = MetaOf(in _slabs.Records[record]);
            return true;
        }

        meta = default;
        return false;
    }

    /// <summary>The live keys of a range at a revision, ascending.</summary>
    public KeyCursor Seek(ReadOnlySpan<byte> key, ReadOnlySpan<byte> end, Revision at) => new(_slabs, Root, key, end, MainOf(at));

    /// <summary>The number of live keys of a range: O(log n) at the latest revision; at a past one in proportion to what was created and deleted since.</summary>
    public long Count(ReadOnlySpan<byte> key, ReadOnlySpan<byte> end, Revision at)
    {
        if (end.IsEmpty)
            return TryGet(key, at, out _) ? 1 : 0;
        var range = new KeyRange(key, end);
        return IndexSearch.Count(_slabs, Root, in range, MainOf(at));
    }

    /// <summary>Appends the stored <c>mvccpb.KeyValue</c> of a version that this reader returned: <see cref="KeyMeta.StoredBytes"/> bytes, no tag, no length.</summary>
    public void CopyKeyValue(in KeyMeta meta, ByteWriter destination)
    {
        var start = destination.WrittenCount;
        Check.That(TryCopyKeyValue(meta.Modified, destination), "a version that a reader can reach is stored");
        Check.That(destination.WrittenCount - start == meta.StoredBytes, "the index knows the length of what is stored");
    }

    /// <summary>The same by its place, for <c>prev_kv</c>; false, and nothing appended, where compaction has removed it.</summary>
    public abstract bool TryCopyKeyValue(ItemRevision place, ByteWriter destination);

    /// <summary>Says that a long list is read next: pairs that lie one after the other are then stepped to from the first on, not searched for.</summary>
    public virtual void ExpectList()
    {
    }

    internal static KeyMeta MetaOf(in VersionRecord record) => new(
        new ItemRevision(new Revision(record.Main), record.Sub),
        new Revision(record.Created),
        record.Version,
        new LeaseId(record.Lease),
        record.StoredBytes);

    /// <summary>A revision as the index wants it. A read below the compacted one could walk into what the sweep has freed.</summary>
    private protected long MainOf(Revision at)
    {
        if (at == Revision.Zero || at == Current)
            return IndexSearch.Latest;
        Check.That(at >= Compacted && at < Current, "a past revision is read between the compacted and the current one");
        return at.Value;
    }
}
