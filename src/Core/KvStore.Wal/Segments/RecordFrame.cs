using System.Buffers.Binary;
using KvStore.Primitives;

namespace KvStore.Wal.Segments;

/// <summary>
/// The frame around a record. A frame begins at a multiple of 8, little-endian:
/// <code>
///  0  u32  length of the payload; zero: no record was written here
///  4  u32  checksum: CRC-32C over segment sequence, offset of the frame, the three other fields and the payload
///  8  u32  previous: checksum of the record before it; in a segment's head, of the last record of the segment before
/// 12  u32  durable: offset / 8 below which this segment was already synced when the record was written
/// 16       payload, its first byte is the <see cref="RecordType"/>; zeros up to a multiple of 8
/// </code>
/// Sequence and offset in the checksum: a record is valid only where it was written, so a scan behind a hole recognises later
/// records without knowing those in the hole. Previous: nothing in the middle can be exchanged or lost unseen. Durable: tells
/// a torn batch (nothing behind the hole was written after a sync of the hole) from damage to synced records.
/// </summary>
internal readonly struct RecordFrame
{
    public const int HeaderBytes = 16;
    public const int Alignment = 8;

    /// <summary>Far above any entry a member accepts; keeps a frame's size within an int.</summary>
    public const int PayloadBytesMax = 1 << 30;

    private RecordFrame(uint payloadLength, uint checksum, uint previous, uint durable)
    {
        PayloadLength = payloadLength;
        Checksum = checksum;
        Previous = previous;
        _durable = durable;
    }

    private readonly uint _durable;

    public uint PayloadLength { get; }

    public uint Checksum { get; }

    public uint Previous { get; }

    public long DurableBefore => (long)_durable * Alignment;

    /// <summary>Bytes of the frame with its padding.</summary>
    public static long SizeOf(long payloadLength) => (HeaderBytes + payloadLength + Alignment - 1) & -Alignment;

    /// <summary>Reads the fields; says nothing about their truth.</summary>
    public static RecordFrame Read(ReadOnlySpan<byte> header) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(header),
        BinaryPrimitives.ReadUInt32LittleEndian(header[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(header[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(header[12..]));

    /// <summary>True when the fields can be those of a record at this offset with this many bytes behind its header.</summary>
    public bool IsPlausible(long offset, long bytesBehindHeader) =>
        PayloadLength > 0 && PayloadLength <= PayloadBytesMax && PayloadLength <= bytesBehindHeader && DurableBefore <= offset;

    /// <summary>Fills the header of a frame whose payload is already behind it. Returns the checksum.</summary>
    public static uint Finish(Span<byte> frame, int payloadLength, ulong sequence, long offset, uint previous, long durableBefore)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)payloadLength);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[8..], previous);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[12..], (uint)(durableBefore / Alignment));
        var checksum = ChecksumOf(frame[..(HeaderBytes + payloadLength)], sequence, offset);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], checksum);
        return checksum;
    }

    /// <summary>The checksum of a header with its payload (without padding) at a place.</summary>
    public static uint ChecksumOf(ReadOnlySpan<byte> headerAndPayload, ulong sequence, long offset)
    {
        Span<byte> place = stackalloc byte[24];
        BinaryPrimitives.WriteUInt64LittleEndian(place, sequence);
        BinaryPrimitives.WriteInt64LittleEndian(place[8..], offset);
        headerAndPayload[..4].CopyTo(place[16..]);
        headerAndPayload[8..12].CopyTo(place[20..]);
        return Crc32C.Append(Crc32C.Of(place), headerAndPayload[12..]);
    }
}
