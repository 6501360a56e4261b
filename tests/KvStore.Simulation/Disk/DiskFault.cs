namespace KvStore.Simulation.Disk;

/// <summary>What a call of the disk does instead of its work.</summary>
public enum DiskFault
{
    None = 0,

    /// <summary>The process ends before the call has any effect.</summary>
    CrashBefore,

    /// <summary>The process ends when the call has had its effect, before it returns.</summary>
    CrashAfter,

    /// <summary>The call fails with an I/O error and has no effect; a failed sync loses what it should have written (fsyncgate).</summary>
    FailIo,

    /// <summary>The call fails for lack of space, without effect.</summary>
    FailNoSpace,
}
