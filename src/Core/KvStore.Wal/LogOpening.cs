using KvStore.Platform;
using KvStore.Wal.Segments;

namespace KvStore.Wal;

/// <summary>
/// Reads an existing log, repairs its end and hands over the place where writing goes on. Nothing is changed on disk before
/// the whole log has been judged, so a refusal leaves the evidence as it was found.
/// </summary>
internal sealed class LogOpening
{
    private readonly LogDirectory _directory;
    private readonly WalOptions _options;
    private readonly Replay _replay = new();
    private readonly List<SegmentName> _stale = [];
    private SegmentTail _tail;
    private long _provenEnd;

    public LogOpening(LogDirectory directory, WalOptions options)
    {
        _directory = directory;
        _options = options;
    }

    public List<SegmentExtent> Segments { get; } = [];

    /// <summary>The last segment; null before it is read.</summary>
    public IFile? LastFile { get; private set; }

    /// <summary>True when the last segment is finished: writing goes on in a new one.</summary>
    public bool IsSealed => _replay.IsSealed;

    public long EndOffset { get; private set; }

    public uint LastChecksum { get; private set; }

    public WalRecovery Run(List<SegmentName> names)
    {
        ReadAll(NewestRun(names));
        var recovery = _replay.Finish(_tail.TornBytes);
        if (_options.Identity is { } expected && expected != recovery.Identity)
            throw new StorageException(StorageFailure.Corrupt, $"the log is of {recovery.Identity}, not of {expected}");
        foreach (var name in _stale)
            _directory.Remove(name);
        _directory.Sync();
        MakeEndDurable(LastFile!);
        return recovery;
    }

    // A crash while a prefix is removed may keep any of the removed names, so the log is the newest run without a gap; older
    // files are leftovers. Whether the run reaches back to the snapshot mark is judged after it was read.
    private List<SegmentName> NewestRun(List<SegmentName> names)
    {
        var start = names.Count - 1;
        while (start > 0 && names[start - 1].Sequence + 1 == names[start].Sequence)
            start--;
        if (start > 0 && names[start - 1].Sequence == names[start].Sequence)
            throw WalErrors.Damaged(_directory.PathOf(names[start]), 0, "two segments have the same sequence number");
        _stale.AddRange(names[..start]);
        return names[start..];
    }

    private void ReadAll(List<SegmentName> names)
    {
        for (var i = 0; i < names.Count; i++)
        {
            var isLast = i == names.Count - 1;
            var file = _directory.Open(names[i]);
            try
            {
                ReadOne(file, names[i], isLast);
            }
            catch
            {
                file.Dispose();
                throw;
            }

            if (isLast)
                LastFile = file;
            else
                file.Dispose();
        }
    }

    private void ReadOne(IFile file, SegmentName name, bool isLast)
    {
        var reader = new SegmentReader(file, name.Sequence);
        var path = _directory.PathOf(name);
        _replay.Read(reader, name, path);
        if (Segments.Count > 0 && reader.ChecksumBefore != LastChecksum)
            throw WalErrors.Damaged(path, 0, "the segment does not continue the one before it");
        if (!isLast && !_replay.IsSealed)
            throw WalErrors.Damaged(path, reader.NextOffset, "no valid record follows, but there is a later segment");
        if (!_replay.IsSealed)
            _tail = SegmentTail.Judge(reader);
        if (_tail.Damage is not null)
            throw WalErrors.Damaged(path, _tail.DamageOffset, _tail.Damage);
        Segments.Add(new SegmentExtent(name, reader.FileLength));
        EndOffset = reader.NextOffset;
        LastChecksum = reader.LastChecksum;
        _provenEnd = reader.DurableBefore;
    }

    // Records behind the last proven sync may have come from the page cache of a process that was killed, or whose sync failed:
    // they are written again, so that the sync that follows has them to write (D3). Then the torn rest goes and is zero again.
    private void MakeEndDurable(IFile file)
    {
        var window = new FileWindow(file);
        const int ChunkBytes = 1 << 20;
        for (var offset = _provenEnd; offset < Math.Min(EndOffset, window.Length); offset += ChunkBytes)
            file.WriteAt(offset, window.At(offset, (int)Math.Min(ChunkBytes, Math.Min(EndOffset, window.Length) - offset)));
        if (_tail.TornBytes > 0)
            file.Truncate(EndOffset);
        if (!IsSealed && file.Length < _options.SegmentBytes)
            file.Preallocate(_options.SegmentBytes);
        file.Sync();
        Segments[^1] = Segments[^1] with { Bytes = file.Length };
    }
}
