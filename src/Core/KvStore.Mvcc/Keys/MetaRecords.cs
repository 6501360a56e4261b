using System.Buffers.Binary;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>
/// The records of the <c>m</c> table that this room reads at start. Numbers are 8 bytes big-endian.
/// <c>m</c>consistent = index, term of the last applied entry · <c>m</c>scheduled, <c>m</c>finished = compact revisions.
/// </summary>
public static class MetaRecords
{
    public static ReadOnlySpan<byte> ConsistentKey => "mconsistent"u8;

    internal static ReadOnlySpan<byte> ScheduledKey => "mscheduled"u8;

    internal static ReadOnlySpan<byte> FinishedKey => "mfinished"u8;

    /// <summary>Records which entry the batch brings the store to (M1: in the same batch as its data).</summary>
    public static void PutConsistent(StoreBatch batch, LogIndex index, Term term)
    {
        Span<byte> value = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(value, index.Value);
        BinaryPrimitives.WriteUInt64BigEndian(value[8..], term.Value);
        batch.Put(ConsistentKey, value);
    }

    /// <summary>Reads it; zero where the store has none.</summary>
    public static (LogIndex Index, Term Term) ReadConsistent(IOrderedStore store)
    {
        var value = new ByteWriter(16);
        if (!store.TryGet(ConsistentKey, value))
            return default;
        Check.That(value.WrittenCount == 16, "the consistent index is stored with its term");
        return (new LogIndex(BinaryPrimitives.ReadUInt64BigEndian(value.WrittenSpan)),
            new Term(BinaryPrimitives.ReadUInt64BigEndian(value.WrittenSpan[8..])));
    }

    internal static void PutRevision(StoreBatch batch, ReadOnlySpan<byte> key, Revision revision)
    {
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(value, revision.Value);
        batch.Put(key, value);
    }

    internal static Revision ReadRevision(IOrderedStore store, ReadOnlySpan<byte> key)
    {
        var value = new ByteWriter(8);
        if (!store.TryGet(key, value))
            return Revision.Zero;
        Check.That(value.WrittenCount == 8, "a revision is stored in eight bytes");
        return new Revision(BinaryPrimitives.ReadInt64BigEndian(value.WrittenSpan));
    }
}
