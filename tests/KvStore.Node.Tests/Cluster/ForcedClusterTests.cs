using KvStore.Node.Bootstrap;

namespace KvStore.Node.Tests.Cluster;

/// <summary>C4: a member whose others are lost begins again alone, with everything that was acknowledged.</summary>
public sealed class ForcedClusterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void OthersAreLost_ForcedMember_LeadsAloneWithWhatWasAcknowledged(ulong seed)
    {
        var isForced = false;
        var cluster = TestCluster.Found(3, seed, options => options with { ForcesNewCluster = isForced });
        var survivor = cluster.Leader();
        for (var i = 0; i < 50; i++)
            cluster.AwaitOk(survivor, survivor.Put("key" + i, "value" + i));
        var others = cluster.Members.Where(member => member != survivor).ToList();
        foreach (var other in others)
            other.LosePower();
        // Nobody but this member ever has it, and nobody is told what became of it: it may be there or not.
        var unknown = survivor.Put("unknown", "x");
        cluster.Run(TimeSpan.FromSeconds(1));
        Assert.False(survivor.Answers.TryGet(unknown, out _));
        survivor.LosePower();

        isForced = true;
        survivor.Plan = BootstrapPlan.Restart;
        survivor.Start();
        cluster.Until(() => survivor.Status.IsLeader, "the survivor leads");
        cluster.AwaitOk(survivor, survivor.Put("after", "x"));
        Assert.Equal([survivor.Id], survivor.Status.Members.Select(member => member.Id));
        Assert.Equal(others.Select(other => other.Id).Order(), survivor.Status.RemovedMembers.Order());
        AssertData(survivor);

        // Started once more with the flag, and then without: nothing more happens.
        foreach (var forced in new[] { true, false })
        {
            isForced = forced;
            survivor.LosePower();
            survivor.Start();
            cluster.Until(() => survivor.Status.IsLeader && survivor.Get("after") == "x", "the survivor leads");
            AssertData(survivor);
        }

        // C1: who was thought lost and comes back disturbs nobody.
        var term = survivor.Status.Term;
        others[0].Start();
        cluster.Run(TimeSpan.FromSeconds(20));
        Assert.True(survivor.Status.IsLeader);
        Assert.Equal(term, survivor.Status.Term);
    }

    /// <summary>It dies at any store call of the beginning: the next start with the flag ends the same.</summary>
    [Fact]
    public void Forced_CrashAtAnyCall_EndsTheSame()
    {
        for (var nth = 1; ; nth++)
        {
            var isForced = false;
            var cluster = TestCluster.Found(3, seed: 40, options => options with { ForcesNewCluster = isForced });
            var survivor = cluster.Leader();
            for (var i = 0; i < 50; i++)
                cluster.AwaitOk(survivor, survivor.Put("key" + i, "value" + i));
            foreach (var member in cluster.Members)
                member.LosePower();
            isForced = true;
            survivor.Plan = BootstrapPlan.Restart;
            survivor.Disk.FaultOnce(nth, Simulation.Disk.DiskFault.CrashBefore);
            survivor.Start();
            var isOver = survivor.IsAlive;
            survivor.Disk.Faults = static (_, _) => Simulation.Disk.DiskFault.None;
            if (!isOver)
            {
                survivor.LosePower(Simulation.Disk.PowerLoss.KeepSome);
                survivor.Start();
            }

            cluster.Until(() => survivor.IsAlive && survivor.Status.IsLeader, $"a leader after a crash at call {nth}");
            AssertData(survivor);
            Assert.Single(survivor.Status.Members);
            if (isOver)
                return;
        }
    }

    private static void AssertData(TestMember member)
    {
        for (var i = 0; i < 50; i++)
            Assert.Equal("value" + i, member.Get("key" + i));
    }
}
