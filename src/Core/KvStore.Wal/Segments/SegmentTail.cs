namespace KvStore.Wal.Segments;

/// <summary>
/// Judges what lies behind the last valid record of the last segment. Three things look alike there: space never written
/// (zeros), a batch that a crash tore before it was synced (unacknowledged: cut it), and damage to records that were synced
/// (acknowledged: refuse to start, since this member may have promised them to a quorum).
/// </summary>
/// <remarks>
/// A torn write leaves whole disk sectors unwritten, and unwritten space of a segment is zero. So it is damage when (1) a later
/// valid record was written after a sync had covered the hole, (2) the record at the hole is itself valid but not in the
/// chain, or (3) the broken record is complete: no part of it is missing and none of its sectors is zero. What stays open: damage
/// in the last batch before a crash that zeroes a sector or enlarges a length reads as torn. A clean stop closes that too by
/// writing one more record.
/// </remarks>
internal readonly struct SegmentTail
{
    /// <summary>The smallest unit a disk writes as a whole. Disks with 4 KiB sectors tear at multiples of it.</summary>
    private const int SectorBytes = 512;

    private const int ChunkBytes = 64 << 10;

    private SegmentTail(long tornBytes, long damageOffset, string? damage)
    {
        TornBytes = tornBytes;
        DamageOffset = damageOffset;
        Damage = damage;
    }

    /// <summary>Written bytes behind the last valid record; zero when only preallocated space follows.</summary>
    public long TornBytes { get; }

    public long DamageOffset { get; }

    /// <summary>What is wrong, or null when the tail is clean or torn.</summary>
    public string? Damage { get; }

    /// <summary>Judges behind the end of a reader that has no next record.</summary>
    public static SegmentTail Judge(SegmentReader reader)
    {
        var end = reader.NextOffset;
        var lastWritten = LastWrittenByte(reader);
        if (lastWritten < 0)
            return default;
        if (reader.IsRecordAt(end))
            return Damaged(end, "a valid record is not the successor of the record before it");
        var proof = FindRecordSyncedAfter(reader);
        if (proof >= 0)
            return Damaged(end, $"synced records are missing before the valid record at offset {proof}");
        if (IsComplete(reader, lastWritten))
            return Damaged(end, "a complete record has a wrong checksum");
        return new SegmentTail(lastWritten + 1 - end, 0, null);
    }

    private static SegmentTail Damaged(long offset, string what) => new(0, offset, what);

    private static long FindRecordSyncedAfter(SegmentReader reader)
    {
        for (var offset = reader.NextOffset; offset + RecordFrame.HeaderBytes <= reader.FileLength; offset += RecordFrame.Alignment)
        {
            var frame = RecordFrame.Read(reader.Bytes(offset, RecordFrame.HeaderBytes));
            if (frame.PayloadLength != 0 && frame.DurableBefore > reader.NextOffset && reader.IsRecordAt(offset))
                return offset;
        }

        return -1;
    }

    private static bool IsComplete(SegmentReader reader, long lastWritten)
    {
        var start = reader.NextOffset;
        if (reader.FileLength - start < RecordFrame.HeaderBytes)
            return false;
        var length = RecordFrame.Read(reader.Bytes(start, RecordFrame.HeaderBytes)).PayloadLength;
        var end = start + RecordFrame.HeaderBytes + length;
        if (length == 0 || end > lastWritten + 1)
            return false;
        for (var from = start; from < end;)
        {
            var to = Math.Min(end, (from / SectorBytes + 1) * SectorBytes);
            if (!reader.Bytes(from, (int)(to - from)).ContainsAnyExcept((byte)0))
                return false;
            from = to;
        }

        return true;
    }

    private static long LastWrittenByte(SegmentReader reader)
    {
        var last = -1L;
        for (var offset = reader.NextOffset; offset < reader.FileLength; offset += ChunkBytes)
        {
            var at = reader.Bytes(offset, (int)Math.Min(ChunkBytes, reader.FileLength - offset)).LastIndexOfAnyExcept((byte)0);
            if (at >= 0)
                last = offset + at;
        }

        return last;
    }
}
