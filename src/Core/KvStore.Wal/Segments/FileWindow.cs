using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Wal.Segments;

/// <summary>Reads a file from front to back through one buffer. The buffer grows to what is asked for, which the caller has checked against the file's length.</summary>
internal sealed class FileWindow
{
    private const int ChunkBytes = 1 << 20;

    private readonly IFile _file;
    private byte[] _buffer;
    private long _start;
    private int _count;

    public FileWindow(IFile file)
    {
        _file = file;
        Length = file.Length;
        _buffer = new byte[(int)Math.Min(ChunkBytes, Length)];
    }

    public long Length { get; }

    /// <summary>The bytes at a place inside the file; valid until the next call.</summary>
    public ReadOnlySpan<byte> At(long offset, int count)
    {
        Check.That(offset >= 0 && count >= 0 && offset + count <= Length, "a window stays inside its file");
        if (offset < _start || offset + count > _start + _count)
            Load(offset, count);
        return _buffer.AsSpan((int)(offset - _start), count);
    }

    private void Load(long offset, int count)
    {
        if (count > _buffer.Length)
            _buffer = new byte[count];
        _start = offset;
        _count = 0;
        var wanted = (int)Math.Min(_buffer.Length, Length - offset);
        while (_count < wanted)
        {
            var read = _file.ReadAt(offset + _count, _buffer.AsSpan(_count, wanted - _count));
            if (read <= 0)
                throw new StorageException(StorageFailure.Io, $"file became shorter while it was read, at offset {offset + _count}");
            _count += read;
        }
    }
}
