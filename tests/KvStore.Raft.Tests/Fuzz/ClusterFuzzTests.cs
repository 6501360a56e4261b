namespace KvStore.Raft.Tests.Fuzz;

/// <summary>R17, R11, R19, R14 and the promises of figure 3, by chance: many short lives of small clusters.</summary>
public sealed class ClusterFuzzTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int StepsPerSeed = 50_000;
    // One message of one entry per round is the slowest a cluster of these options gets; logs are shorter than this.
    private const int RecoveryRounds = 3_000;

    [Theory]
    [InlineData(1, 40)]
    [InlineData(1001, 40)]
    [InlineData(2001, 40)]
    public void Cluster_Disturbed_KeepsItsPromisesAndRecovers(int firstSeed, int seeds)
    {
        var total = new FuzzCounts();
        for (var seed = firstSeed; seed < firstSeed + seeds; seed++)
            total.Add(RunSeed((ulong)seed));

        output.WriteLine(total.ToString());
        // Found by running: about half of what these seeds do (C18).
        Assert.True(total.Delivered > 2_000 * seeds, total.ToString());
        Assert.True(total.Applied > 200 * seeds, total.ToString());
        Assert.True(total.ReadsAnswered > 10 * seeds, total.ToString());
        Assert.True(total.MembershipChanges > 2 * seeds, total.ToString());
        Assert.True(total.Restarts > 5 * seeds, total.ToString());
        Assert.True(total.Dropped > 100 * seeds && total.Duplicated > 50 * seeds, total.ToString());
        Assert.True(total.SnapshotsInstalled > seeds, total.ToString());
    }

    // For long runs by hand or at night: KVSTORE_RAFT_SEEDS=first:count.
    [Fact]
    public void Cluster_DisturbedByAskedSeeds_KeepsItsPromisesAndRecovers()
    {
        var range = Environment.GetEnvironmentVariable("KVSTORE_RAFT_SEEDS")?.Split(':').Select(ulong.Parse).ToArray() ?? [3001, 5];
        var failures = new List<string>();
        for (var seed = range[0]; seed < range[0] + range[1]; seed++)
        {
            try
            {
                RunSeed(seed);
            }
            catch (InvalidOperationException e)
            {
                failures.Add(e.Message);
            }
        }

        Assert.True(failures.Count == 0, $"{failures.Count} failed: " + string.Join('\n', failures.Take(5)));
    }

    private static FuzzCounts RunSeed(ulong seed)
    {
        var cluster = new FuzzedCluster(seed);
        try
        {
            cluster.Disturb(StepsPerSeed);
            Assert.True(cluster.Recover(RecoveryRounds), "the cluster did not recover");
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}: {e.Message}\n{cluster.Describe()}", e);
        }

        return cluster.Counts;
    }
}
