using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Wal.Segments;

namespace KvStore.Wal;

/// <summary>
/// The raft log of one member on disk: entries, hard state and snapshot marks, in segments. The entries themselves are kept in
/// memory by raft; this file is written at its end and read at the start.
/// </summary>
/// <remarks>
/// <para>Invariants. WAL-1: what was appended before a <see cref="Sync"/> that returned is found by the next <see cref="Open"/>,
/// in any crash. WAL-2: after a failed call nothing more is written; the process stops and reads what it has. WAL-3: a segment has a
/// successor only when it is sealed and synced, so only the last one can have a torn end. WAL-4: hard state and mark are at the
/// head of every segment, so that older segments can go. WAL-5: a log whose synced part is not what was written is refused.</para>
/// <para>One thread (the Log lane). The format is drawn at <see cref="RecordFrame"/>; what follows from a torn end at <see cref="SegmentTail"/>.</para>
/// </remarks>
public sealed class WriteAheadLog : IDisposable
{
    private readonly LogDirectory _directory;
    private readonly WalOptions _options;
    private readonly ITraceSink _trace;
    private readonly IDisposable _lock;
    private readonly WalIdentity _identity;
    private readonly List<SegmentExtent> _segments;
    private readonly RecordBuffer _buffer = new();
    private readonly TermRuns _terms = new();

    private IFile? _file;
    private HardState _hardState;
    private WalMark _mark;
    private long _headEnd;
    private long _syncedEnd;

    // True from the beginning of an act on the disk to its good end: the first failure is the last call, since a second attempt
    // could succeed without the bytes being on disk.
    private bool _failed;

    private bool _closed;

    private WriteAheadLog(
        LogDirectory directory, WalOptions options, ITraceSink trace, IDisposable directoryLock, WalRecovery recovered, List<SegmentExtent> segments)
    {
        _directory = directory;
        _options = options;
        _trace = trace;
        _lock = directoryLock;
        _identity = recovered.Identity;
        _segments = segments;
        _hardState = recovered.HardState;
        _mark = recovered.Start;
        LastIndex = recovered.Start.Index;
        _terms.StartAfter(recovered.Start.Index, recovered.Start.Term);
        foreach (var entry in recovered.Entries)
        {
            _terms.Add(entry.Index, entry.Term);
            LastIndex = entry.Index;
        }
    }

    /// <summary>The first index after the snapshot mark: entries below it may still be on disk, but are no longer part of the log.</summary>
    public LogIndex FirstIndex => _mark.Index.Next;

    public LogIndex LastIndex { get; private set; }

    /// <summary>Bytes the segments take, preallocated ones included.</summary>
    public long BytesOnDisk { get; private set; }

    /// <summary>True when the directory holds a log, whatever its state.</summary>
    public static bool Exists(IFileSystem fileSystem, string directory) => new LogDirectory(fileSystem, directory).List().Count > 0;

    /// <summary>
    /// Keeps every process from opening the log of a directory until disposed; <see cref="StorageFailure.Locked"/> where one has it open.
    /// </summary>
    public static IDisposable Hold(IFileSystem fileSystem, string directory) => new LogDirectory(fileSystem, directory).Lock();

    /// <summary>Opens the log of a directory, or makes a new one where there is none. Repairs a torn tail; refuses a damaged log.</summary>
    public static WriteAheadLog Open(
        IFileSystem fileSystem, string directory, WalOptions options, ITraceSink trace, out WalRecovery recovered)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var files = new LogDirectory(fileSystem, directory);
        files.Ensure();
        var directoryLock = files.Lock();
        LogOpening? opening = null;
        try
        {
            files.RemoveUnfinished();
            var names = files.List();
            if (names.Count == 0)
                return Make(files, options, trace, directoryLock, directory, out recovered);
            opening = new LogOpening(files, options);
            recovered = opening.Run(names);
            return Continue(files, options, trace, directoryLock, opening, recovered);
        }
        catch
        {
            opening?.LastFile?.Dispose();
            directoryLock.Dispose();
            throw;
        }
    }

    private static WriteAheadLog Make(
        LogDirectory files, WalOptions options, ITraceSink trace, IDisposable directoryLock, string directory, out WalRecovery recovered)
    {
        var identity = options.Identity ?? throw new StorageException(StorageFailure.NotFound, $"there is no log in {directory}");
        recovered = new WalRecovery
        {
            Identity = identity, HardState = default, Start = WalMark.None, Entries = [], WasEmpty = true, RepairedBytes = 0,
        };
        var log = new WriteAheadLog(files, options, trace, directoryLock, recovered, []);
        log.BeginSegment(sequence: 1);
        return log;
    }

    private static WriteAheadLog Continue(
        LogDirectory files, WalOptions options, ITraceSink trace, IDisposable directoryLock, LogOpening opening, WalRecovery recovered)
    {
        var log = new WriteAheadLog(files, options, trace, directoryLock, recovered, opening.Segments);
        var last = opening.Segments[^1];
        log._buffer.StartAt(last.Name.Sequence, opening.EndOffset, opening.LastChecksum);
        log._syncedEnd = opening.EndOffset;
        log.CountBytes();
        if (recovered.RepairedBytes > 0)
            trace.Emit(new TraceEvent(TraceKind.WalTailRepaired, (ulong)recovered.RepairedBytes));
        log._file = opening.LastFile;
        if (opening.IsSealed)
        {
            log._file!.Dispose();
            log.BeginSegment(last.Name.Sequence + 1);
        }

        return log;
    }

    /// <summary>
    /// Adds entries and then the hard state; durable after the next <see cref="Sync"/>. Entries are contiguous; the first may lie at
    /// or below the last index and then overwrites the tail, but never below the mark.
    /// </summary>
    public void Append(in HardState? hardState, IReadOnlyList<LogEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        MustBeUsable();
        for (var i = 0; i < entries.Count; i++)
            AppendEntry(entries[i], isFirst: i == 0);
        if (hardState is { } state)
            AppendHardState(state);
    }

    private void AppendEntry(in LogEntry entry, bool isFirst)
    {
        Check.That(entry.Index > _mark.Index, "an entry lies after the start of the log");
        Check.That(isFirst ? entry.Index <= LastIndex.Next : entry.Index == LastIndex.Next, "entries of a log are contiguous");
        if (entry.Index <= LastIndex)
            _terms.CutFrom(entry.Index);
        Check.That(entry.Term >= _terms.At(entry.Index.Previous), "terms do not go back along the log");
        MakeRoom(RecordBuffer.EntrySize(entry.Data.Length));
        _buffer.AddEntry(entry, _syncedEnd);
        _terms.Add(entry.Index, entry.Term);
        LastIndex = entry.Index;
    }

    private void AppendHardState(in HardState state)
    {
        Check.That(state.Term >= _hardState.Term, "the term of a member never goes back");
        Check.That(state.Commit <= LastIndex, "a committed entry is in the log before it is recorded as committed");
        MakeRoom(RecordBuffer.HardStateSize);
        _buffer.AddHardState(state, _syncedEnd);
        _hardState = state;
    }

    /// <summary>
    /// The log starts after this index; durable after the next <see cref="Sync"/>. Where the log has an entry with this index and
    /// term, the entries after it stay; otherwise (a snapshot came from the leader) the log is empty afterwards.
    /// </summary>
    public void MarkSnapshot(LogIndex index, Term term, ReadOnlySpan<byte> membership)
    {
        MustBeUsable();
        Check.That(index >= _mark.Index, "the start of the log never goes back");
        var mark = new WalMark(index, term, membership.ToArray());
        var emptiesLog = index > LastIndex || _terms.At(index) != term;
        MakeRoom(RecordBuffer.MarkSize(membership.Length));
        _buffer.AddMark(mark, emptiesLog, _syncedEnd);
        _mark = mark;
        if (emptiesLog)
        {
            LastIndex = index;
            _terms.StartAfter(index, term);
        }
        else
        {
            _terms.ForgetBelow(index);
        }
    }

    /// <summary>Makes everything appended durable with one sync. An error is final: the caller stops the process (D3).</summary>
    public void Sync()
    {
        MustBeUsable();
        if (_buffer.EndOffset == _syncedEnd)
            return;
        var bytes = _buffer.EndOffset - _syncedEnd;
        _failed = true;
        WriteBuffer();
        _file!.Sync();
        _failed = false;
        _syncedEnd = _buffer.EndOffset;
        _trace.Emit(new TraceEvent(TraceKind.WalSynced, 0, (ulong)bytes));
    }

    /// <summary>
    /// Removes the segments that hold nothing but entries up to an index, which must not lie above the mark. Syncs first: the
    /// mark that makes them superfluous must be durable before they go.
    /// </summary>
    public void RemovePrefix(LogIndex upTo)
    {
        Check.That(upTo <= _mark.Index, "only entries before the start of the log are removed");
        Sync();
        var count = 0;
        while (count + 1 < _segments.Count && _segments[count + 1].Name.FirstIndex <= upTo.Next)
            count++;
        if (count == 0)
            return;
        _failed = true;
        for (var i = 0; i < count; i++)
            _directory.Remove(_segments[i].Name);
        _directory.Sync();
        _failed = false;
        _segments.RemoveRange(0, count);
        CountBytes();
        _trace.Emit(new TraceEvent(TraceKind.WalPrefixRemoved, upTo.Value, (ulong)count));
    }

    /// <summary>
    /// Closes the files. What was not synced may be lost. After clean work one more record is written and synced: it proves that
    /// everything before it was synced, so that damage to the last batch is not taken for a torn write.
    /// </summary>
    public void Dispose()
    {
        if (_closed)
            return;
        try
        {
            if (!_failed && _file is not null && _buffer.EndOffset == _syncedEnd && _syncedEnd > _headEnd)
            {
                MakeRoom(RecordBuffer.HardStateSize);
                _buffer.AddHardState(_hardState, _syncedEnd);
                Sync();
            }
        }
        catch (StorageException)
        {
            // Nothing that anybody was promised depends on this record.
        }

        _closed = true;
        _file?.Dispose();
        _lock.Dispose();
    }

    // A segment is left when the next record and the seal no longer fit into it. A record that fits into no segment goes into one
    // of its own, which is then larger.
    private void MakeRoom(long recordBytes)
    {
        var limit = _options.SegmentBytes - RecordBuffer.SealSize;
        if (_buffer.EndOffset + recordBytes > limit && _buffer.EndOffset > _headEnd)
        {
            SealSegment();
            BeginSegment(_buffer.Sequence + 1);
        }
        else if (_buffer.Bytes.Length + recordBytes > _options.BufferBytesMax && _buffer.Bytes.Length > 0)
        {
            _failed = true;
            WriteBuffer();
            _failed = false;
        }
    }

    private void SealSegment()
    {
        _buffer.AddSeal(_syncedEnd);
        _failed = true;
        WriteBuffer();
        _file!.Truncate(_buffer.EndOffset);
        _file.Sync();
        _failed = false;
        _segments[^1] = _segments[^1] with { Bytes = _buffer.EndOffset };
        _file.Dispose();
        _file = null;
    }

    private void BeginSegment(ulong sequence)
    {
        var name = new SegmentName(sequence, LastIndex.Next);
        _buffer.StartAt(sequence, 0, _buffer.LastChecksum);
        _buffer.AddHead(name.FirstIndex, _identity, durableBefore: 0);
        _buffer.AddHardState(_hardState, durableBefore: 0);
        _buffer.AddMark(_mark, emptiesLog: false, durableBefore: 0);
        var length = Math.Max(_options.SegmentBytes, _buffer.EndOffset);
        _segments.Add(new SegmentExtent(name, length));
        _failed = true;
        _file = _directory.Begin(name, length, _buffer.Bytes);
        _failed = false;
        _buffer.Written();
        _headEnd = _buffer.EndOffset;
        _syncedEnd = _headEnd;
        CountBytes();
        _trace.Emit(new TraceEvent(TraceKind.WalSegmentOpened, name.FirstIndex.Value));
    }

    private void WriteBuffer()
    {
        if (_buffer.Bytes.IsEmpty)
            return;
        _file!.WriteAt(_buffer.Offset, _buffer.Bytes);
        _buffer.Written();
    }

    private void CountBytes()
    {
        BytesOnDisk = 0;
        foreach (var segment in _segments)
            BytesOnDisk += segment.Bytes;
    }

    private void MustBeUsable()
    {
        Check.That(!_closed, "a closed log is not used");
        if (_failed)
            throw new StorageException(StorageFailure.Io, "the log failed earlier; only a new start can tell what is on disk");
    }
}
