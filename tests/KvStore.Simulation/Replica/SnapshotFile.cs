using KvStore.Platform;

namespace KvStore.Simulation.Replica;

/// <summary>The saved state of a replica: written beside the old one, synced, renamed over it, directory synced (C10, D11).</summary>
internal sealed class SnapshotFile(IFileSystem files, string directory)
{
    private readonly string _path = directory + "/snapshot";

    public RegisterState Load()
    {
        // D11: what a crash left half-written is never looked at.
        files.Delete(_path + ".tmp");
        if (!files.Exists(_path))
            return RegisterState.Founding();
        using var file = files.Open(_path);
        var bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        // The process before this one may have died between its rename and the sync: nothing may rely on the name until it is durable.
        files.SyncDirectory(directory);
        return RegisterState.Load(bytes) ?? throw new StorageException(StorageFailure.Corrupt, $"{_path} is damaged");
    }

    public void Save(ReadOnlySpan<byte> state)
    {
        using (var file = files.Create(_path + ".tmp"))
        {
            file.WriteAt(0, state);
            file.Sync();
        }

        files.Rename(_path + ".tmp", _path);
        files.SyncDirectory(directory);
    }
}
