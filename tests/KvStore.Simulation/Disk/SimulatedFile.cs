using KvStore.Platform;

namespace KvStore.Simulation.Disk;

/// <summary>An open file of a <see cref="SimulatedDisk"/>; dead after the crash of the process that opened it.</summary>
internal sealed class SimulatedFile : IFile
{
    private readonly SimulatedDisk _disk;
    private readonly Inode _inode;
    private readonly string _path;
    private readonly int _boot;
    private bool _closed;

    public SimulatedFile(SimulatedDisk disk, Inode inode, string path, int boot)
    {
        _disk = disk;
        _inode = inode;
        _path = path;
        _boot = boot;
    }

    public long Length
    {
        get
        {
            MustBeOpen();
            return _inode.Length;
        }
    }

    public void WriteAt(long offset, ReadOnlySpan<byte> bytes)
    {
        MustBeOpen();
        var copy = bytes.ToArray();
        _disk.Call(DiskCall.Write, _path, () =>
        {
            _disk.MustFit(offset + copy.Length - _inode.Length);
            _inode.Write(offset, copy);
        });
    }

    public int ReadAt(long offset, Span<byte> destination)
    {
        MustBeOpen();
        _disk.Call(DiskCall.Read, _path, static () => { });
        if (offset >= _inode.Length)
            return 0;
        var count = (int)Math.Min(destination.Length, _inode.Length - offset);
        _inode.Cached.Slice((int)offset, count).CopyTo(destination);
        return count;
    }

    public void Truncate(long length)
    {
        MustBeOpen();
        _disk.Call(DiskCall.Truncate, _path, () => _inode.SetLength(length));
    }

    public void Preallocate(long length)
    {
        MustBeOpen();
        _disk.Call(DiskCall.Preallocate, _path, () =>
        {
            if (length <= _inode.Length)
                return;
            _disk.MustFit(length - _inode.Length);
            _inode.SetLength(length);
        });
    }

    public void Sync()
    {
        MustBeOpen();
        _disk.CallSync(_path, _inode);
    }

    public void Dispose() => _closed = true;

    private void MustBeOpen()
    {
        _disk.MustBeAlive(_boot);
        ObjectDisposedException.ThrowIf(_closed, this);
    }
}
