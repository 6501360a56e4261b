using KvStore.Platform;

namespace KvStore.Node.Tests.Snapshots;

/// <summary>The bytes of a file that a test has made, to be read.</summary>
internal sealed class MemoryFile(byte[] bytes) : IFile
{
    public long Length => bytes.Length;

    public int ReadAt(long offset, Span<byte> destination)
    {
        var length = (int)Math.Clamp(bytes.Length - offset, 0, destination.Length);
        bytes.AsSpan((int)Math.Min(offset, bytes.Length), length).CopyTo(destination);
        return length;
    }

    public void WriteAt(long offset, ReadOnlySpan<byte> source) => throw new NotSupportedException();

    public void Truncate(long length) => throw new NotSupportedException();

    public void Preallocate(long length) => throw new NotSupportedException();

    public void Sync() => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
