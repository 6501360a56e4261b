using KvStore.Platform;
using Microsoft.Win32.SafeHandles;

namespace KvStore.Ctl.Offline;

/// <summary>A file that is only read: snapshots are often kept where nobody may write.</summary>
internal sealed class ReadOnlyFile : IFile
{
    private readonly SafeFileHandle _handle;
    private long _bytesRead;

    /// <exception cref="IOException">It cannot be opened, or is a pipe or a device: what is read has a length.</exception>
    public ReadOnlyFile(string path)
    {
        _handle = File.OpenHandle(path);
        try
        {
            Length = RandomAccess.GetLength(_handle);
        }
        catch (NotSupportedException)
        {
            _handle.Dispose();
            throw new IOException($"read {path}: not a regular file");
        }
    }

    public long Length { get; }

    /// <summary>Read so far, what was read twice counted twice; from any thread, for progress.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead);

    public int ReadAt(long offset, Span<byte> destination)
    {
        var read = 0;
        while (read < destination.Length && RandomAccess.Read(_handle, destination[read..], offset + read) is > 0 and var more)
            read += more;
        Interlocked.Add(ref _bytesRead, read);
        return read;
    }

    public void WriteAt(long offset, ReadOnlySpan<byte> bytes) => throw Refused();

    public void Truncate(long length) => throw Refused();

    public void Preallocate(long length) => throw Refused();

    public void Sync() => throw Refused();

    public void Dispose() => _handle.Dispose();

    private static NotSupportedException Refused() => new("the file was opened for reading");
}
