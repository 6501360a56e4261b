using KvStore.Primitives;
using KvStore.Simulation.Disk;
using KvStore.Simulation.World;
using KvStore.Wal;

namespace KvStore.Simulation.Checks;

/// <summary>
/// D4: what was applied, and so may have been answered, is on the disks of a majority of the voters. Asked of the disks
/// themselves: each log is opened as it would be found if all power were lost at this moment.
/// </summary>
public sealed class DurableQuorum(SimulatedWorld world, string walDirectory, WalOptions options)
{
    /// <summary>Opening every log costs as much as hundreds of entries; a mistake lasts longer than one batch.</summary>
    private const int OneOf = 25;

    public void OnApplied(LogIndex index, IReadOnlyCollection<SimulatedDisk> voters, Prng chance)
    {
        if (voters.Count == 0 || !chance.Chance(1, OneOf))
            return;
        world.Sometimes("the disks of a quorum were asked");
        var holders = 0;
        foreach (var disk in voters)
        {
            if (LastOnDisk(disk) >= index)
                holders++;
        }

        if (holders <= voters.Count / 2)
            world.Fail($"entry {index} is applied, and only {holders} of {voters.Count} voters have it on disk");
    }

    private LogIndex LastOnDisk(SimulatedDisk disk)
    {
        var found = disk.CopyOfDurable();
        if (!WriteAheadLog.Exists(found, walDirectory))
            return LogIndex.Zero;
        try
        {
            using var log = WriteAheadLog.Open(found, walDirectory, options, new NoTrace(), out _);
            return log.LastIndex;
        }
        catch (Platform.StorageException)
        {
            return LogIndex.Zero;
        }
    }

    private sealed class NoTrace : Platform.ITraceSink
    {
        public void Emit(in TraceEvent traceEvent)
        {
        }
    }
}
