using KvStore.Simulation.World;

namespace KvStore.Simulation.Cluster;

/// <summary>
/// What a hundred seeds of whole members do at least: every fault, and every rare path that answers one. About a quarter of what
/// seeds do in the mean, so that chance alone never fails it and a fault that got lost always does.
/// </summary>
public static class NodeMinimums
{
    private const int AnsweredPerSeed = 300;

    private static readonly Dictionary<string, int> _paths = new()
    {
        // faults
        ["a process ended: killed"] = 125,
        ["a process ended: crashed in a call of the disk"] = 50,
        ["a process ended: storage failed"] = 70,
        ["fault: power lost"] = 120,
        ["fault: broken call of a disk or store"] = 200,
        ["fault: disk full"] = 30,
        ["fault: bit rot"] = 20,
        ["fault: slow log"] = 8,
        ["fault: slow lane"] = 8,
        ["fault: lane refused a message"] = 1_500,
        ["fault: frame dropped"] = 4_000,
        ["fault: frame duplicated"] = 1_000,
        ["fault: frame damaged"] = 1_000,
        ["fault: frame reordered"] = 7_000,
        ["fault: frame late"] = 600,
        ["fault: cut one way"] = 60,
        ["fault: cut both ways"] = 60,
        ["fault: process paused"] = 100,
        ["fault: membership change"] = 50,
        // what answers them
        ["BecameLeader"] = 130,
        ["SteppedDownWithoutQuorum"] = 30,
        ["LeadershipTransferStarted"] = 12,
        ["PeerFrameRefused"] = 1_000,
        ["PeerNeedsSnapshot"] = 25,
        ["SnapshotInstalled"] = 25,
        ["WalPrefixRemoved"] = 200,
        ["CompactionFinished"] = 1_000,
        ["LeaseExpired"] = 600,
        ["bit rot was refused"] = 20,
        ["a member was added"] = 15,
        ["a member was promoted"] = 4,
        ["a member was added for another"] = 8,
        ["a member entered a joint membership"] = 10,
        ["a member was removed"] = 10,
        ["a member was removed itself as leader"] = 3,
        // what the checkers looked at
        ["the disks of a quorum were asked"] = 300,
        ["a serializable read was judged"] = 1_800,
        ["a lease was kept alive"] = 800,
        ["a watcher began in the past"] = 600,
        ["a watcher was overtaken by compaction"] = 130,
    };

    public static SeedReport NewReport() => new(_paths, AnsweredPerSeed);
}
