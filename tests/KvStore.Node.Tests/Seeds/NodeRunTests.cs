using KvStore.Simulation.Cluster;

namespace KvStore.Node.Tests.Seeds;

/// <summary>
/// Whole members in the simulated world (B8). A failing seed is reproduced by <c>kvstore-simulator --seed N --lines</c>; a found
/// defect leaves its seed here.
/// </summary>
public sealed class NodeRunTests
{
    private const ulong Seeds = 200;

    /// <summary>C18: besides being right, the seeds have to have done something; and each gives the same transcript a second time.</summary>
    [Fact]
    public void ManySeeds_FaultsOfEveryKind_SafeAndLiveAndNotIdle()
    {
        var report = NodeMinimums.NewReport();
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            var result = NodeRun.Run(seed);
            Assert.True(result.Failure is null, result.ToString());
            Assert.Equal(result.TranscriptHash, NodeRun.Run(seed).TranscriptHash);
            report.Add(result);
        }

        Assert.Equal((long)Seeds, report.Seeds);
        Assert.Equal([], report.Shortfalls);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(50)]
    [InlineData(500)]
    public void OneSeed_RunTwice_SameTranscript(ulong seed)
    {
        var first = NodeRun.Run(seed);
        var second = NodeRun.Run(seed);
        Assert.Equal(first.TranscriptHash, second.TranscriptHash);
        Assert.Equal(first.Events, second.Events);
    }
}
