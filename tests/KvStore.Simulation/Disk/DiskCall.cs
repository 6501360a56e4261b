namespace KvStore.Simulation.Disk;

/// <summary>The calls of the door that can fail. Read-only questions (exists, list, length) are not among them.</summary>
public enum DiskCall
{
    Open,
    Create,
    CreateDirectory,
    Rename,
    Delete,
    DeleteDirectory,
    SyncDirectory,
    Lock,
    Write,
    Read,
    Truncate,
    Preallocate,
    Sync,
}
