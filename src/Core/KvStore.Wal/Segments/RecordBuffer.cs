using System.Buffers.Binary;
using KvStore.Primitives;

namespace KvStore.Wal.Segments;

/// <summary>
/// Records of one segment, encoded but not yet written. Owns the chain of checksums and the offset at which the next record
/// goes. Reused from batch to batch: encoding allocates nothing once the array has its size.
/// </summary>
internal sealed class RecordBuffer
{
    public const int EntryPrefixBytes = 1 + 1 + 8 + 8;
    public const int MarkPrefixBytes = 1 + 1 + 8 + 8;
    public const int HardStatePayloadBytes = 1 + 8 + 8 + 8;
    public const int HeadPayloadBytes = 1 + 1 + 8 + 8 + 8 + 8;
    public const byte FormatVersion = 1;

    private readonly ByteWriter _bytes = new(64 << 10);

    public ulong Sequence { get; private set; }

    /// <summary>Where the first byte of <see cref="Bytes"/> goes.</summary>
    public long Offset { get; private set; }

    /// <summary>Where the next record goes.</summary>
    public long EndOffset => Offset + _bytes.WrittenCount;

    public uint LastChecksum { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    /// <summary>Continues a segment at an offset, after a record with this checksum.</summary>
    public void StartAt(ulong sequence, long offset, uint lastChecksum)
    {
        Check.That(_bytes.WrittenCount == 0, "a segment is left only when its records are written");
        Check.That(offset % RecordFrame.Alignment == 0, "a record begins at a multiple of eight");
        Sequence = sequence;
        Offset = offset;
        LastChecksum = lastChecksum;
    }

    /// <summary>The bytes have been written to the file.</summary>
    public void Written()
    {
        Offset = EndOffset;
        _bytes.Clear();
    }

    public static long EntrySize(int dataLength) => RecordFrame.SizeOf(EntryPrefixBytes + (long)dataLength);

    public static long MarkSize(int membershipLength) => RecordFrame.SizeOf(MarkPrefixBytes + (long)membershipLength);

    public static long HardStateSize => RecordFrame.SizeOf(HardStatePayloadBytes);

    public static long SealSize => RecordFrame.SizeOf(1);

    public void AddHead(LogIndex firstIndex, WalIdentity identity, long durableBefore)
    {
        var payload = Begin(HeadPayloadBytes, RecordType.Head);
        payload[1] = FormatVersion;
        BinaryPrimitives.WriteUInt64LittleEndian(payload[2..], Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[10..], firstIndex.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[18..], identity.Cluster.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[26..], identity.Member.Value);
        End(HeadPayloadBytes, durableBefore);
    }

    public void AddHardState(in HardState state, long durableBefore)
    {
        var payload = Begin(HardStatePayloadBytes, RecordType.HardState);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[1..], state.Term.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[9..], state.Vote.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[17..], state.Commit.Value);
        End(HardStatePayloadBytes, durableBefore);
    }

    public void AddEntry(in LogEntry entry, long durableBefore)
    {
        var length = EntryPrefixBytes + entry.Data.Length;
        var payload = Begin(length, RecordType.Entry);
        payload[1] = (byte)entry.Kind;
        BinaryPrimitives.WriteUInt64LittleEndian(payload[2..], entry.Term.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[10..], entry.Index.Value);
        entry.Data.Span.CopyTo(payload[EntryPrefixBytes..]);
        End(length, durableBefore);
    }

    public void AddMark(WalMark mark, bool emptiesLog, long durableBefore)
    {
        var length = MarkPrefixBytes + mark.Membership.Length;
        var payload = Begin(length, RecordType.Mark);
        payload[1] = emptiesLog ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt64LittleEndian(payload[2..], mark.Index.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[10..], mark.Term.Value);
        mark.Membership.Span.CopyTo(payload[MarkPrefixBytes..]);
        End(length, durableBefore);
    }

    public void AddSeal(long durableBefore)
    {
        Begin(1, RecordType.Seal);
        End(1, durableBefore);
    }

    private Span<byte> Begin(int payloadLength, RecordType type)
    {
        Check.That(payloadLength <= RecordFrame.PayloadBytesMax, "a record is far smaller than what its length can say");
        var frame = _bytes.Take((int)RecordFrame.SizeOf(payloadLength));
        // The array is reused: what an earlier batch left in the padding must not get to the disk.
        frame[^RecordFrame.Alignment..].Clear();
        var payload = frame.Slice(RecordFrame.HeaderBytes, payloadLength);
        payload[0] = (byte)type;
        return payload;
    }

    private void End(int payloadLength, long durableBefore)
    {
        var size = (int)RecordFrame.SizeOf(payloadLength);
        var offset = EndOffset - size;
        Check.That(durableBefore <= offset, "what is synced lies before what is written");
        var frame = _bytes.Written(_bytes.WrittenCount - size, size);
        LastChecksum = RecordFrame.Finish(frame, payloadLength, Sequence, offset, LastChecksum, durableBefore);
    }
}
