using KvStore.Platform;

namespace KvStore.Wal.Segments;

/// <summary>The files of a log. A segment gets its name only when its head is on disk, so a named segment always has a valid head.</summary>
internal sealed class LogDirectory
{
    private const string LockName = "LOCK";

    private readonly IFileSystem _fileSystem;
    private readonly string _path;

    public LogDirectory(IFileSystem fileSystem, string path)
    {
        _fileSystem = fileSystem;
        _path = path;
    }

    public string PathOf(SegmentName name) => $"{_path}/{name}";

    /// <summary>Makes the directory durable where it is new.</summary>
    public void Ensure()
    {
        if (_fileSystem.Exists(_path))
            return;
        _fileSystem.CreateDirectory(_path);
        var slash = _path.LastIndexOf('/');
        if (slash > 0)
            _fileSystem.SyncDirectory(_path[..slash]);
    }

    public IDisposable Lock() => _fileSystem.Lock($"{_path}/{LockName}");

    /// <summary>The segments by sequence. Others' files are left alone.</summary>
    public List<SegmentName> List()
    {
        var names = new List<SegmentName>();
        foreach (var name in _fileSystem.List(_path))
        {
            if (SegmentName.TryParse(name, out var segment))
                names.Add(segment);
        }

        names.Sort(static (left, right) => left.Sequence.CompareTo(right.Sequence));
        return names;
    }

    /// <summary>Removes what a crash left of segments that never got their name.</summary>
    public void RemoveUnfinished()
    {
        foreach (var name in _fileSystem.List(_path))
        {
            if (name.EndsWith(SegmentName.UnfinishedSuffix, StringComparison.Ordinal))
                _fileSystem.Delete($"{_path}/{name}");
        }
    }

    public IFile Open(SegmentName name) => _fileSystem.Open(PathOf(name));

    /// <summary>Makes a segment with its head, durable with its name when this returns (D5).</summary>
    public IFile Begin(SegmentName name, long length, ReadOnlySpan<byte> head)
    {
        var unfinished = PathOf(name) + SegmentName.UnfinishedSuffix;
        var file = _fileSystem.Create(unfinished);
        try
        {
            file.Preallocate(length);
            file.WriteAt(0, head);
            file.Sync();
            _fileSystem.Rename(unfinished, PathOf(name));
            _fileSystem.SyncDirectory(_path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Remove(SegmentName name) => _fileSystem.Delete(PathOf(name));

    /// <summary>Makes the names durable: a segment found at the start may have been renamed but not yet synced.</summary>
    public void Sync() => _fileSystem.SyncDirectory(_path);
}
