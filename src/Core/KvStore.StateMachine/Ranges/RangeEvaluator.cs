using KvStore.Mvcc;
using KvStore.Primitives;
using KvStore.Protocol;

namespace KvStore.StateMachine;

/// <summary>
/// Answers a Range from a reader: pure, any thread that may use the reader. The stored pairs are copied into the answer as they
/// are; only what a sort by value compares is looked into.
/// </summary>
/// <remarks>
/// Order of evaluation, as etcd's: fetch in key order (limited to limit + 1 if nothing but the key order is asked for) → revision
/// filters → sort → cut to the limit → drop values. The count ignores limit and filters. A sort target without a sort order
/// sorts what the limit has left over: etcd's quirk.
/// </remarks>
public static class RangeEvaluator
{
    private const int PairField = 2;
    private const int MoreField = 3;
    private const int CountField = 4;

    /// <summary>Pairs from whose size the room for all is reckoned: a list of fewer fits a buffer that is at hand.</summary>
    private const int PairsBeforeReserve = 128;

    /// <summary>Room taken ahead of the pairs at most: the first ones may be far larger than the rest. Beyond it the buffer doubles.</summary>
    private const int ReserveBytesMax = 32 << 20;

    /// <summary>Appends the body of a <c>RangeResponse</c>. With an error, nothing that was appended has a meaning.</summary>
    /// <param name="reader">A view, for a request of its own.</param>
    /// <param name="range">Checked by <see cref="RequestValidator"/>.</param>
    /// <param name="body">Where the body is appended.</param>
    /// <param name="bytesMax">Bytes that may be appended; the caller's limit on one response.</param>
    public static EtcdError? Evaluate(MvccReader reader, in RangeFields range, ByteWriter body, int bytesMax)
    {
        if (range.Revision > reader.Current)
            return EtcdErrors.FutureRevision;
        if (range.Revision > Revision.Zero && range.Revision < reader.Compacted)
            return EtcdErrors.Compacted;
        return Write(reader, range, body, bytesMax);
    }

    /// <summary>
    /// The revision of a range within a transaction, judged before its first write. Only 0 means the latest; a negative one has
    /// been compacted, except −1 as long as there was no compaction at all (etcd's mark for that).
    /// </summary>
    internal static EtcdError? CheckRevisionInTxn(MvccReader reader, Revision revision)
    {
        if (revision > reader.Current)
            return EtcdErrors.FutureRevision;
        if (revision == Revision.Zero || (revision.Value == -1 && reader.Compacted == Revision.Zero))
            return null;
        return revision < Revision.Zero || revision < reader.Compacted ? EtcdErrors.Compacted : null;
    }

    /// <summary>Whether keys are answered as the store has them.</summary>
    internal static bool IsKeyOrder(in RangeFields range) =>
        range.SortOrder == SortOrders.None || (range.SortOrder == SortOrders.Ascend && range.SortTarget == SortTargets.Key);

    internal static EtcdError? Write(MvccReader reader, in RangeFields range, ByteWriter body, int bytesMax)
    {
        var at = range.Revision > Revision.Zero && range.Revision != reader.Current ? range.Revision : Revision.Zero;
        if (!range.CountOnly)
        {
            var sorted = range.SortTarget != SortTargets.Key || range.SortOrder == SortOrders.Descend;
            var error = sorted
                ? RangeSort.Write(reader, range, at, body, bytesMax)
                : WriteInKeyOrder(reader, range, at, body, bytesMax);
            if (error is not null)
                return error;
        }

        WriteCount(body, reader.Count(range.Key, range.End, at));
        return null;
    }

    internal static void WriteCount(ByteWriter body, long count) => body.WriteInt64Field(CountField, count);

    internal static void WriteMore(ByteWriter body, bool more) => body.WriteBoolField(MoreField, more);

    internal static bool Passes(in RangeFields range, in KeyMeta meta)
    {
        var modified = meta.Modified.Main.Value;
        var created = meta.Created.Value;
        return (range.MaxModRevision == 0 || modified <= range.MaxModRevision)
            && (range.MinModRevision == 0 || modified >= range.MinModRevision)
            && (range.MaxCreateRevision == 0 || created <= range.MaxCreateRevision)
            && (range.MinCreateRevision == 0 || created >= range.MinCreateRevision);
    }

    /// <summary>
    /// One pair. Without its value it comes from the index, and without its lease, as etcd 3.7 answers; with the lease where the
    /// sort needed the stored pair.
    /// </summary>
    internal static void WritePair(MvccReader reader, in RangeFields range, ReadOnlySpan<byte> key, in KeyMeta meta, ByteWriter body)
    {
        if (range.KeysOnly)
        {
            var start = LengthPrefix.Begin(body, PairField);
            KeyValueWire.WriteKeyOnly(body, key, meta);
            if (range.SortTarget == SortTargets.Value)
                body.WriteInt64Field(6, meta.Lease.Value);
            LengthPrefix.End(body, start);
            return;
        }

        body.WriteTag(PairField, Wire.WireType.LengthDelimited);
        body.WriteVarint((ulong)meta.StoredBytes);
        reader.CopyKeyValue(meta, body);
    }

    private static EtcdError? WriteInKeyOrder(MvccReader reader, in RangeFields range, Revision at, ByteWriter body, int bytesMax)
    {
        var start = body.WrittenCount;
        var left = range.Limit > 0 ? range.Limit : long.MaxValue;
        var filtered = range.HasRevisionFilters;
        var written = 0;
        var cursor = reader.Seek(range.Key, range.End, at);
        while (cursor.MoveNext())
        {
            var meta = cursor.Meta;
            if (filtered && !Passes(range, meta))
                continue;
            if (left-- == 0)
            {
                WriteMore(body, more: true);
                break;
            }

            if (body.WrittenCount - start > bytesMax - meta.StoredBytes)
                return EtcdErrors.ResponseTooLarge;
            WritePair(reader, range, cursor.Key, meta, body);
            if (++written == PairsBeforeReserve)
                Reserve(reader, range, at, body, body.WrittenCount - start, bytesMax);
        }

        return null;
    }

    /// <summary>As many bytes as the pairs so far make likely, and a little more.</summary>
    private static void Reserve(MvccReader reader, in RangeFields range, Revision at, ByteWriter body, int written, int bytesMax)
    {
        // Counting at a past revision is not free, and filters leave out nobody knows how many.
        if (at != Revision.Zero || range.HasRevisionFilters)
            return;
        var pairs = reader.Count(range.Key, range.End, at);
        if (range.Limit > 0)
            pairs = Math.Min(pairs, range.Limit);
        var rest = (pairs - PairsBeforeReserve) * (written / PairsBeforeReserve + 1);
        body.Reserve(Math.Min(rest + (rest / 16), Math.Min(bytesMax - written, ReserveBytesMax)));
    }
}
