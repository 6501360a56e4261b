using KvStore.Mvcc.Index;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>
/// The stored revisions and compact marks of a store that nobody runs on: a copy that a snapshot is read from, or one that a
/// snapshot is restored into. One thread.
/// </summary>
public static class StoredRevisions
{
    /// <summary>Room above for more writes than a cluster can ever make; what is higher is damage.</summary>
    public static readonly Revision RevisionMax = new(long.MaxValue / 2);

    /// <summary>Revisions in order, each with the pair in its wire form.</summary>
    public static IStoreScan Scan(IOrderedStore store) => store.Scan([StoreKeys.RevisionTable], [StoreKeys.RevisionTable + 1]);

    public static ItemRevision PlaceOf(ReadOnlySpan<byte> scannedKey) => StoreKeys.ReadRevisionKey(scannedKey);

    /// <summary>Whether a stored pair is that of a deletion: its key and nothing else.</summary>
    public static bool IsTombstone(ReadOnlySpan<byte> pair)
    {
        KeyValueWire.KeyOf(pair, out var isTombstone);
        return isTombstone;
    }

    public static (Revision Scheduled, Revision Finished) ReadCompaction(IOrderedStore store) =>
        (MetaRecords.ReadRevision(store, MetaRecords.ScheduledKey), MetaRecords.ReadRevision(store, MetaRecords.FinishedKey));

    public static void PutCompaction(StoreBatch batch, Revision scheduled, Revision finished)
    {
        Check.That(finished <= scheduled, "a compaction is finished after it was scheduled");
        if (scheduled > Revision.Zero)
            MetaRecords.PutRevision(batch, MetaRecords.ScheduledKey, scheduled);
        if (finished > Revision.Zero)
            MetaRecords.PutRevision(batch, MetaRecords.FinishedKey, finished);
    }

    /// <summary>
    /// Adds a revision that came from elsewhere, with the bytes it came in: the pair is stored as it is, so that hashes stay equal.
    /// Returns what is wrong with it, or null and the lease that it names.
    /// </summary>
    public static string? TryPut(StoreBatch batch, ItemRevision place, bool isTombstone, ReadOnlySpan<byte> pair, ByteWriter scratch, out LeaseId lease)
    {
        lease = LeaseId.None;
        if (place.Main <= Revision.Zero || place.Main > RevisionMax || place.Sub is < 0 or > int.MaxValue)
            return "there is no such revision";
        if (Read(place, pair, out var key, out var record) is { } wrong)
            return wrong;
        if (isTombstone != IsTombstone(pair))
            return "a pair is no deletion where its revision is one, or the other way round";
        if (!isTombstone && (record.Version < 1 || record.Created < 1 || record.Created > record.Main))
            return "a pair has no version";
        Span<byte> revisionKey = stackalloc byte[StoreKeys.RevisionKeyBytes];
        StoreKeys.WriteRevisionKey(revisionKey, place);
        batch.Put(revisionKey, pair);
        StoreKeys.WriteKeyKey(scratch, key, place);
        Span<byte> metadata = stackalloc byte[KeyMetadata.BytesMax];
        batch.Put(scratch.WrittenSpan, metadata[..KeyMetadata.Write(metadata, in record)]);
        lease = new LeaseId(record.Lease);
        return null;
    }

    private static string? Read(ItemRevision place, ReadOnlySpan<byte> pair, out ReadOnlySpan<byte> key, out VersionRecord record)
    {
        key = default;
        record = new VersionRecord { Main = place.Main.Value, Sub = (int)place.Sub, StoredBytes = pair.Length };
        // The key comes first in what etcd writes; readers here rely on it.
        var isFirst = true;
        var modified = place.Main.Value;
        for (var rest = pair; !rest.IsEmpty; isFirst = false)
        {
            if (!Wire.TryReadField(ref rest, out var field, out var type, out var number, out var bytes)
                || isFirst != (field == 1) || (type == Wire.WireType.LengthDelimited) != (field is 1 or 5) || field > 6)
            {
                return "a pair is not encoded as etcd does";
            }

            switch (field)
            {
                case 1: key = bytes; break;
                case 2: record.Created = (long)number; break;
                case 3: modified = (long)number; break;
                case 4: record.Version = (long)number; break;
                case 6: record.Lease = (long)number; break;
                default: break;
            }
        }

        return key.IsEmpty ? "a pair has no key" : modified != place.Main.Value ? "a pair is filed under another revision" : null;
    }
}
