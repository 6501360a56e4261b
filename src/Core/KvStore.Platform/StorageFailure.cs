namespace KvStore.Platform;

public enum StorageFailure
{
    /// <summary>The device or the operating system refused; nothing more is known.</summary>
    Io = 0,

    NotFound,

    /// <summary>No space left on the device, or the quota of the file system is used up.</summary>
    NoSpace,

    /// <summary>What was read is not what was written. The message names the file and the offset.</summary>
    Corrupt,

    /// <summary>Another process holds the lock.</summary>
    Locked,

    PermissionDenied,
}
