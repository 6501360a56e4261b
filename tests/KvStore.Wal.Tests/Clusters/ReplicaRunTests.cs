using KvStore.Simulation.Replica;

namespace KvStore.Wal.Tests.Clusters;

/// <summary>
/// Clusters of consensus, log and disk in the simulated world (D4, D7, D9, R-rows of consensus). A failing seed is reproduced by
/// <c>kvstore-simulator --seed N --lines</c>.
/// </summary>
public sealed class ReplicaRunTests
{
    private const ulong Seeds = 120;

    /// <summary>C18: the run also has to have done something: calls answered, members ended, every rare path taken.</summary>
    [Fact]
    public void ManySeeds_FaultsOfEveryKind_SafeAndLiveAndNotIdle()
    {
        var reached = new Dictionary<string, long>();
        long answered = 0;
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            var result = ReplicaRun.Run(seed);
            Assert.True(result.Failure is null, result.ToString());
            answered += result.Answered;
            foreach (var (path, count) in result.Reached)
                reached[path] = reached.GetValueOrDefault(path) + count;
        }

        Assert.True(answered > 500 * (long)Seeds, $"only {answered} calls were answered");
        foreach (var path in RarePaths)
            Assert.True(reached.GetValueOrDefault(path) > 0, $"no seed reached: {path}");
    }

    [Theory]
    [InlineData(3)]
    [InlineData(77)]
    [InlineData(133)]
    public void OneSeed_RunTwice_SameTranscript(ulong seed)
    {
        var first = ReplicaRun.Run(seed);
        var second = ReplicaRun.Run(seed);
        Assert.Equal(first.TranscriptHash, second.TranscriptHash);
        Assert.Equal(first.Events, second.Events);
    }

    private static readonly string[] RarePaths =
    [
        "WalTailRepaired", "WalPrefixRemoved", "WalSegmentOpened", "a snapshot was installed", "the state was ahead of the log",
        "a transfer of leadership began", "a process ended: killed", "a process ended: storage failed",
        "a process ended: crashed in a call of the disk",
    ];
}
