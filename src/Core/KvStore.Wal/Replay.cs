using System.Buffers.Binary;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Wal.Segments;

namespace KvStore.Wal;

/// <summary>
/// Rebuilds the log from its records, in the order they were written. Every record has a right checksum when it comes here, so
/// one that contradicts the records before it is damage or a defect, never a torn write: the answer is always a refusal that names
/// file and offset.
/// </summary>
internal sealed class Replay
{
    private readonly List<LogEntry> _entries = [];
    private LogIndex _first = new(1);
    private bool _inFirstSegment = true;
    private string _file = "";
    private long _offset;

    public WalIdentity? Identity { get; private set; }

    public HardState HardState { get; private set; }

    public WalMark Mark { get; private set; } = WalMark.None;

    public bool IsSealed { get; private set; }

    private LogIndex Last => new(_first.Value + (ulong)_entries.Count - 1);

    /// <summary>Takes all valid records of the next segment, up to its seal.</summary>
    public void Read(SegmentReader reader, SegmentName name, string path)
    {
        _file = path;
        IsSealed = false;
        while (!IsSealed && reader.MoveNext())
        {
            _offset = reader.CurrentOffset;
            if (_offset == 0)
                OnHead(reader.Payload, name);
            else
                OnRecord(reader.Payload);
        }

        if (reader.NextOffset == 0)
            throw Damaged("the head of the segment is not readable");
        _inFirstSegment = false;
    }

    /// <summary>What the log holds, after the last segment.</summary>
    public WalRecovery Finish(long repairedBytes)
    {
        Check.That(Identity is not null, "a log has a head");
        if (_first > Mark.Index.Next)
            throw Damaged($"the entries {Mark.Index.Next} to {_first.Previous} are missing: the log starts after {Mark.Index}");
        DropUpTo(Mark.Index);
        var last = LogIndex.Max(Last, Mark.Index);
        if (HardState.Commit > last)
            throw Damaged($"the log ends at {last}, below the committed index {HardState.Commit} it recorded");
        return new WalRecovery
        {
            Identity = Identity,
            HardState = Completed(),
            Start = Mark,
            Entries = _entries,
            WasEmpty = false,
            RepairedBytes = repairedBytes,
        };
    }

    // Entries are written before the hard state of the same batch. When a crash kept only the entries, the term was not yet
    // promised to anybody and the vote in it not given, so the term may follow the entries.
    private HardState Completed()
    {
        var lastTerm = _entries.Count > 0 ? _entries[^1].Term : Mark.Term;
        var commit = LogIndex.Max(HardState.Commit, Mark.Index);
        return HardState.Term < lastTerm ? new HardState(lastTerm, MemberId.None, commit) : HardState with { Commit = commit };
    }

    private void OnHead(ReadOnlySpan<byte> payload, SegmentName name)
    {
        if ((RecordType)payload[0] != RecordType.Head || payload.Length != RecordBuffer.HeadPayloadBytes)
            throw Damaged("the first record is not the head of a segment");
        if (payload[1] != RecordBuffer.FormatVersion)
            throw Damaged($"format version {payload[1]} is not known to this version of the program");
        var first = new LogIndex(Number(payload, 10));
        var identity = new WalIdentity(new ClusterId(Number(payload, 18)), new MemberId(Number(payload, 26)));
        if (Number(payload, 2) != name.Sequence || first != name.FirstIndex || first == LogIndex.Zero)
            throw Damaged("the head and the name of the segment differ");
        MustBeSensible(first);
        if (_inFirstSegment)
            _first = first;
        else if (identity != Identity)
            throw Damaged($"the segment is of {identity}, the one before it of {Identity}");
        else if (first != Last.Next)
            throw Damaged($"the segment begins with entry {first}, the one before it ends with {Last}");
        Identity = identity;
    }

    private void OnRecord(ReadOnlySpan<byte> payload)
    {
        switch ((RecordType)payload[0])
        {
            case RecordType.HardState when payload.Length == RecordBuffer.HardStatePayloadBytes:
                OnHardState(payload);
                break;
            case RecordType.Entry when payload.Length >= RecordBuffer.EntryPrefixBytes:
                OnEntry(payload);
                break;
            case RecordType.Mark when payload.Length >= RecordBuffer.MarkPrefixBytes:
                OnMark(payload);
                break;
            case RecordType.Seal when payload.Length == 1:
                IsSealed = true;
                break;
            default:
                throw Damaged($"a record of type {payload[0]} with {payload.Length} bytes is not known to this version of the program");
        }
    }

    private void OnHardState(ReadOnlySpan<byte> payload)
    {
        var state = new HardState(new Term(Number(payload, 1)), new MemberId(Number(payload, 9)), new LogIndex(Number(payload, 17)));
        if (state.Term < HardState.Term)
            throw Damaged($"the term goes back from {HardState.Term} to {state.Term}");
        HardState = state;
    }

    private void OnEntry(ReadOnlySpan<byte> payload)
    {
        var term = new Term(Number(payload, 2));
        var index = new LogIndex(Number(payload, 10));
        MustBeSensible(index);
        if (index <= Mark.Index || index > Last.Next)
            throw Damaged($"entry {index} does not follow a log from {Mark.Index.Next} to {Last}");
        if (index < _first)
        {
            _entries.Clear();
            _first = index;
        }

        _entries.RemoveRange((int)(index - _first), _entries.Count - (int)(index - _first));
        if (_entries.Count > 0 && term < _entries[^1].Term)
            throw Damaged($"entry {index} has term {term}, the one before it term {_entries[^1].Term}");
        _entries.Add(new LogEntry(term, index, (LogEntryKind)payload[1], payload[RecordBuffer.EntryPrefixBytes..].ToArray()));
    }

    private void OnMark(ReadOnlySpan<byte> payload)
    {
        var emptiesLog = payload[1] != 0;
        var mark = new WalMark(
            new LogIndex(Number(payload, 2)), new Term(Number(payload, 10)), payload[RecordBuffer.MarkPrefixBytes..].ToArray());
        MustBeSensible(mark.Index);
        if (mark.Index < Mark.Index)
            throw Damaged($"the start of the log goes back from {Mark.Index} to {mark.Index}");
        if (!emptiesLog && mark.Index > Last)
            throw Damaged($"the log is said to start after {mark.Index} and ends at {Last}");
        Mark = mark;
        if (emptiesLog)
        {
            _entries.Clear();
            _first = mark.Index.Next;
        }
        else
        {
            DropUpTo(mark.Index);
        }
    }

    // No log gets that far; beyond it the arithmetic on indexes would wrap.
    private void MustBeSensible(LogIndex index)
    {
        if (index.Value > long.MaxValue)
            throw Damaged($"index {index} is impossible");
    }

    private void DropUpTo(LogIndex index)
    {
        if (index < _first)
            return;
        var count = Math.Min((ulong)_entries.Count, index - _first + 1);
        _entries.RemoveRange(0, (int)count);
        _first += count;
    }

    private static ulong Number(ReadOnlySpan<byte> payload, int at) => BinaryPrimitives.ReadUInt64LittleEndian(payload[at..]);

    private StorageException Damaged(string what) => WalErrors.Damaged(_file, _offset, what);
}
