using KvStore.Platform;

namespace KvStore.Wal.Segments;

/// <summary>
/// Steps through the records of one segment and stops where the chain of valid records ends. What lies behind that place is
/// for <see cref="SegmentTail"/> to judge. Never believes a length before it has been compared with the file (D8).
/// </summary>
internal sealed class SegmentReader
{
    private readonly FileWindow _window;
    private readonly ulong _sequence;
    private int _payloadLength;
    private long _current;
    private bool _atFirst = true;

    public SegmentReader(IFile file, ulong sequence)
    {
        _window = new FileWindow(file);
        _sequence = sequence;
    }

    public long FileLength => _window.Length;

    /// <summary>Where the next record would begin; after the last one, where the log of this segment ends.</summary>
    public long NextOffset { get; private set; }

    /// <summary>Where the current record begins.</summary>
    public long CurrentOffset => _current;

    /// <summary>Everything before this offset was synced when the current record was written.</summary>
    public long DurableBefore { get; private set; }

    /// <summary>Checksum of the current record.</summary>
    public uint LastChecksum { get; private set; }

    /// <summary>What the first record says the record before it, in the segment before, had as checksum.</summary>
    public uint ChecksumBefore { get; private set; }

    /// <summary>The current record, its type first; valid until the next call of this reader.</summary>
    public ReadOnlySpan<byte> Payload => _window.At(_current + RecordFrame.HeaderBytes, _payloadLength);

    /// <summary>Goes to the next record; false where no valid record follows in the chain.</summary>
    public bool MoveNext()
    {
        if (!TryReadAt(NextOffset, out var frame))
            return false;
        if (_atFirst)
            ChecksumBefore = frame.Previous;
        else if (frame.Previous != LastChecksum)
            return false;
        _atFirst = false;
        LastChecksum = frame.Checksum;
        DurableBefore = frame.DurableBefore;
        _payloadLength = (int)frame.PayloadLength;
        _current = NextOffset;
        NextOffset += RecordFrame.SizeOf(frame.PayloadLength);
        return true;
    }

    /// <summary>True when the bytes at an offset are a valid record of that place, whatever precedes it.</summary>
    public bool IsRecordAt(long offset) => TryReadAt(offset, out _);

    /// <summary>Bytes inside the file; valid until the next call of this reader.</summary>
    public ReadOnlySpan<byte> Bytes(long offset, int count) => _window.At(offset, count);

    private bool TryReadAt(long offset, out RecordFrame frame)
    {
        frame = default;
        var behindHeader = FileLength - offset - RecordFrame.HeaderBytes;
        if (behindHeader < 0)
            return false;
        frame = RecordFrame.Read(_window.At(offset, RecordFrame.HeaderBytes));
        if (!frame.IsPlausible(offset, behindHeader))
            return false;
        var bytes = _window.At(offset, RecordFrame.HeaderBytes + (int)frame.PayloadLength);
        return RecordFrame.ChecksumOf(bytes, _sequence, offset) == frame.Checksum;
    }
}
