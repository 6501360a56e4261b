using KvStore.Platform;
using Microsoft.Win32.SafeHandles;

namespace KvStore.Hosting;

/// <summary>A file by its descriptor: positional reads and writes, no buffer of its own, fdatasync.</summary>
internal sealed class OsFile : IFile
{
    private readonly SafeFileHandle _handle;
    private readonly string _path;
    private readonly Action<TimeSpan>? _onSync;
    private readonly Action<TimeSpan>? _onWritten;
    private readonly bool _waitsForDisk;
    private bool _syncFailed;

    public OsFile(SafeFileHandle handle, string path, Action<TimeSpan>? onSync, Action<TimeSpan>? onWritten, bool waitsForDisk)
    {
        _handle = handle;
        _path = path;
        _onSync = onSync;
        _onWritten = onWritten;
        _waitsForDisk = waitsForDisk;
    }

    public long Length => Try("measure", static file => RandomAccess.GetLength(file._handle));

    public void WriteAt(long offset, ReadOnlySpan<byte> bytes)
    {
        var start = TimeProvider.System.GetTimestamp();
        try
        {
            RandomAccess.Write(_handle, bytes, offset);
        }
        catch (Exception exception) when (StorageErrors.Of(exception, "write", _path) is { } failure)
        {
            throw failure;
        }

        _onWritten?.Invoke(TimeProvider.System.GetElapsedTime(start));
    }

    public int ReadAt(long offset, Span<byte> destination)
    {
        try
        {
            var count = 0;
            while (count < destination.Length)
            {
                var read = RandomAccess.Read(_handle, destination[count..], offset + count);
                if (read == 0)
                    break;
                count += read;
            }

            return count;
        }
        catch (Exception exception) when (StorageErrors.Of(exception, "read", _path) is { } failure)
        {
            throw failure;
        }
    }

    public void Truncate(long length)
    {
        try
        {
            RandomAccess.SetLength(_handle, length);
        }
        catch (Exception exception) when (StorageErrors.Of(exception, "truncate", _path) is { } failure)
        {
            throw failure;
        }
    }

    public void Preallocate(long length)
    {
        var from = Length;
        if (length <= from)
            return;
        int error;
        do
        {
            error = Libc.FileAllocate(_handle, from, length - from);
        }
        while (error == Libc.ErrorInterrupted);

        // File systems without fallocate (some network and FUSE ones): a hole reads as zeros too, only the space is not reserved.
        if (error is Libc.ErrorNotSupported or Libc.ErrorInvalid)
            Truncate(length);
        else if (error != 0)
            throw StorageErrors.OfNumber(error, "preallocate", _path);
    }

    public void Sync()
    {
        if (_syncFailed)
            throw new StorageException(StorageFailure.Io, $"sync {_path}: an earlier sync failed; the kernel no longer knows what is on disk");
        if (!_waitsForDisk)
            return;
        var start = TimeProvider.System.GetTimestamp();
        // Never again after a failure: the kernel marks the pages clean and the next call would report success (D3).
        if (Libc.FileDataSync(_handle) != 0)
        {
            _syncFailed = true;
            throw StorageErrors.OfLastCall("sync", _path);
        }

        _onSync?.Invoke(TimeProvider.System.GetElapsedTime(start));
    }

    public void Dispose() => _handle.Dispose();

    private T Try<T>(string act, Func<OsFile, T> call)
    {
        try
        {
            return call(this);
        }
        catch (Exception exception) when (StorageErrors.Of(exception, act, _path) is { } failure)
        {
            throw failure;
        }
    }
}
