using KvStore.Simulation.Cluster;

namespace KvStore.Node.Tests.Seeds;

/// <summary>
/// Whole members in the simulated world (B8). A failing seed is reproduced by <c>kvstore-simulator --seed N --lines</c>; a found
/// defect leaves its seed here.
/// </summary>
public sealed class NodeRunTests
{
    private const ulong Seeds = 200;

    // A torn end of the log comes in one seed of 75: some two or three of this number, too few to insist on; ReplicaRunTests does.
    private static readonly string[] _rarePaths =
    [
        "WalPrefixRemoved", "SnapshotInstalled", "SnapshotSendStarted", "CompactionFinished", "LeaseExpired",
        "LeadershipTransferStarted", "SteppedDownWithoutQuorum", "PeerFrameRefused", "a process ended: killed",
        "a process ended: storage failed", "a process ended: crashed in a call of the disk",
    ];

    /// <summary>C18: besides being right, the seeds have to have done something.</summary>
    [Fact]
    public void ManySeeds_FaultsOfEveryKind_SafeAndLiveAndNotIdle()
    {
        var reached = new Dictionary<string, long>();
        long answered = 0;
        for (ulong seed = 1; seed <= Seeds; seed++)
        {
            var result = NodeRun.Run(seed);
            Assert.True(result.Failure is null, result.ToString());
            answered += result.Answered;
            foreach (var (path, count) in result.Reached)
                reached[path] = reached.GetValueOrDefault(path) + count;
        }

        Assert.True(answered > 300 * (long)Seeds, $"only {answered} calls were answered");
        foreach (var path in _rarePaths)
            Assert.True(reached.GetValueOrDefault(path) > 0, $"no seed reached: {path}");
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
