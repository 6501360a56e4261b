using KvStore.Platform;

namespace KvStore.Testing.Files;

/// <summary>A disk that takes everything and keeps nothing: what is measured on it is the log's own work.</summary>
public sealed class NullFileSystem : IFileSystem
{
    public IFile Open(string path) => new NullFile();

    public IFile Create(string path) => new NullFile();

    public bool Exists(string path) => false;

    public IReadOnlyList<string> List(string directory) => [];

    public void CreateDirectory(string path)
    {
    }

    public void Rename(string from, string to)
    {
    }

    public void Delete(string path)
    {
    }

    public void DeleteDirectory(string path)
    {
    }

    public void SyncDirectory(string path)
    {
    }

    public IDisposable Lock(string path) => new NullFile();

    private sealed class NullFile : IFile
    {
        public long Length => 0;

        public void WriteAt(long offset, ReadOnlySpan<byte> bytes)
        {
        }

        public int ReadAt(long offset, Span<byte> destination) => 0;

        public void Truncate(long length)
        {
        }

        public void Preallocate(long length)
        {
        }

        public void Sync()
        {
        }

        public void Dispose()
        {
        }
    }
}
