using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>Removes what a compaction made unreachable, in bounded batches on the Apply lane between apply batches; resumes after a restart.</summary>
public sealed class CompactionSweep
{
    /// <summary>The compaction recorded as scheduled; zero when there was none.</summary>
    public Revision Scheduled => throw new InvariantBrokenException("not yet built");

    /// <summary>The compaction recorded as finished; behind <see cref="Scheduled"/> while there is work.</summary>
    public Revision Finished => throw new InvariantBrokenException("not yet built");

    /// <summary>Removes up to a number of superseded versions, in one store write of its own.</summary>
    public SweepProgress Next(int versionsMax) => throw new InvariantBrokenException("not yet built");
}
