namespace KvStore.Platform;

/// <summary>
/// The disk of one member. Paths are separated by '/', relative to nothing: the caller passes what the composition root gave it.
/// </summary>
/// <remarks>
/// Failure contract. Un-synced bytes may be lost or torn by a crash, in any combination; a created, renamed or deleted name is
/// durable only after <see cref="SyncDirectory"/> of its directory. Every failure is a <see cref="StorageException"/>. An error
/// from a sync is final: nothing is known about the tail any more, the process stops and recovers by reading. In simulation
/// every call may be the member's last.
/// </remarks>
public interface IFileSystem
{
    /// <summary>Opens an existing file for reading and writing; <see cref="StorageFailure.NotFound"/> where there is none.</summary>
    IFile Open(string path);

    /// <summary>Creates an empty file; an existing one of that name is replaced by it.</summary>
    IFile Create(string path);

    bool Exists(string path);

    /// <summary>The names (not paths) of the files and directories in a directory, in ordinal order; empty where there is no such directory.</summary>
    IReadOnlyList<string> List(string directory);

    void CreateDirectory(string path);

    /// <summary>Renames a file or directory over what is at the new name, atomically for a reader after a crash once the directory is synced.</summary>
    void Rename(string from, string to);

    void Delete(string path);

    /// <summary>Removes a directory and everything in it; nothing happens where there is none.</summary>
    void DeleteDirectory(string path);

    void SyncDirectory(string path);

    /// <summary>Takes the exclusive lock of a file until disposed; <see cref="StorageFailure.Locked"/> when another process holds it.</summary>
    IDisposable Lock(string path);
}
