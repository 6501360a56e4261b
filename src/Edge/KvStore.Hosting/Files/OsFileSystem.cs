using KvStore.Platform;

namespace KvStore.Hosting;

/// <summary>The disk of this machine (Linux; POSIX semantics are assumed).</summary>
public sealed class OsFileSystem : IFileSystem
{
    public OsFileSystem()
    {
    }

    /// <summary>Makes the data directory (0700), or refuses one that others can read or that belongs to another user (CVE-2020-15113).</summary>
    public static void PrepareDataDirectory(string path) => throw new NotImplementedException();

    public IFile Open(string path) => throw new NotImplementedException();

    public IFile Create(string path) => throw new NotImplementedException();

    public bool Exists(string path) => throw new NotImplementedException();

    public IReadOnlyList<string> List(string directory) => throw new NotImplementedException();

    public void CreateDirectory(string path) => throw new NotImplementedException();

    public void Rename(string from, string to) => throw new NotImplementedException();

    public void Delete(string path) => throw new NotImplementedException();

    public void DeleteDirectory(string path) => throw new NotImplementedException();

    public void SyncDirectory(string path) => throw new NotImplementedException();

    public IDisposable Lock(string path) => throw new NotImplementedException();
}
