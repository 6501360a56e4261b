using KvStore.Simulation.Replica;

namespace KvStore.Wal.Tests.Clusters;

/// <summary>
/// Clusters of consensus, log and disk in the simulated world (D4, D7, D9, R-rows of consensus). A failing seed is reproduced by
/// <c>kvstore-simulator --seed N --lines</c>.
/// </summary>
public sealed class ReplicaRunTests
{
    private const ulong Seeds = 300;

    /// <summary>C18: the run also has to have done something: calls answered, members ended, every rare path taken.</summary>
    [Fact]
    public void ManySeeds_FaultsOfEveryKind_SafeAndLiveAndNotIdle()
    {
        var report = ReplicaMinimums.NewReport();
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            var result = ReplicaRun.Run(seed);
            Assert.True(result.Failure is null, result.ToString());
            report.Add(result);
        }

        Assert.Equal((long)Seeds, report.Seeds);
        Assert.Equal([], report.Shortfalls);
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
}
