using KvStore.Simulation.World;

namespace KvStore.Simulation.Replica;

/// <summary>What a hundred seeds of consensus, log and disk do at least.</summary>
public static class ReplicaMinimums
{
    private const int AnsweredPerSeed = 500;

    private static readonly Dictionary<string, int> _paths = new()
    {
        ["WalTailRepaired"] = 1,
        ["WalPrefixRemoved"] = 1,
        ["WalSegmentOpened"] = 1,
        ["a snapshot was installed"] = 1,
        ["the state was ahead of the log"] = 1,
        ["a transfer of leadership began"] = 1,
        ["a process ended: killed"] = 1,
        ["a process ended: storage failed"] = 1,
        ["a process ended: crashed in a call of the disk"] = 1,
    };

    public static SeedReport NewReport() => new(_paths, AnsweredPerSeed);
}
