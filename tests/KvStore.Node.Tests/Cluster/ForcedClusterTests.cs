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

    /// <summary>
    /// What the others would have had to agree to before this member goes is not agreed to: it begins alone, and whoever joins later has the same history.
    /// </summary>
    [Theory]
    [InlineData(3)]
    [InlineData(2)]
    public void UncommittedRemovalOfTheSurvivor_IsNotCarriedOut(int members)
    {
        var isForced = false;
        var cluster = TestCluster.Found(members, seed: 50, options => options with { ForcesNewCluster = isForced, StrictReconfigCheck = false });
        var survivor = cluster.Leader();
        for (var i = 0; i < 50; i++)
            cluster.AwaitOk(survivor, survivor.Put("key" + i, "value" + i));
        foreach (var other in cluster.Members.Where(member => member != survivor))
            other.LosePower();
        var removal = survivor.Call((node, id) =>
            node.TryChangeMembership(id, new MembershipRequest { Kind = MembershipRequestKind.Remove, Member = survivor.Id }));
        cluster.Run(TimeSpan.FromSeconds(1));
        Assert.False(survivor.Answers.TryGet(removal, out _));
        survivor.LosePower();

        isForced = true;
        survivor.Plan = BootstrapPlan.Restart;
        survivor.Start();
        cluster.Until(() => survivor.IsAlive && survivor.Status.IsLeader, "the survivor leads");
        Assert.Equal([survivor.Id], survivor.Status.Members.Select(member => member.Id));
        AssertData(survivor);
        isForced = false;
        survivor.LosePower();
        survivor.Start();
        cluster.Until(() => survivor.Status.IsLeader, "the survivor leads");
        AssertData(survivor);
    }

    /// <summary>The flag is still there when the member that begins again alone was told new addresses and loses its power at once.</summary>
    [Fact]
    public void MembershipChangeOfAMemberThatVotesAlone_IsCarriedOut()
    {
        var cluster = TestCluster.Found(1, seed: 51, options => options with { ForcesNewCluster = true });
        var member = cluster.Leader();
        cluster.AwaitOk(member, member.Call((node, id) => node.TryChangeMembership(
            id, new MembershipRequest { Kind = MembershipRequestKind.Update, Member = member.Id, PeerUrls = ["http://elsewhere:2380"] })));
        member.Plan = BootstrapPlan.Restart;
        member.LosePower();
        member.Start();
        cluster.Until(() => member.IsAlive && member.Status.IsLeader, "the member leads");
        Assert.Equal(["http://elsewhere:2380"], Assert.Single(member.Status.Members).PeerUrls);
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

    /// <summary>
    /// A leader that was cut off comes back with a long end of its log that nobody knows, is sent a store that stands before that end, and dies at
    /// the nth call of its disk: forced to begin alone it has the store it had, with that end, or the store it was sent, without.
    /// </summary>
    [Fact]
    public void LogThatDoesNotBelongToTheStore_IsNotAppliedToIt()
    {
        var foreign = 0;
        for (var nth = 1; nth <= 40; nth++)
        {
            var isForced = false;
            var cluster = TestCluster.Found(3, seed: 60, options => options with
            {
                ForcesNewCluster = isForced, CatchUpEntries = 5, CompactLogEvery = 5, FlushAfterEntries = 10,
            });
            var late = cluster.Leader();
            cluster.AwaitOk(late, late.Put("k", "before"));
            cluster.Isolate(late);
            for (var i = 0; i < 100; i++)
                late.Put("k", "unknown");
            cluster.Run(TimeSpan.FromMilliseconds(100));
            late.LosePower();
            var others = cluster.Members.Where(member => member != late).ToList();
            var leader = cluster.Leader();
            for (var i = 0; i < 40; i++)
                cluster.AwaitOk(leader, leader.Put("k", "after"));
            cluster.Network.Heal();
            late.Disk.FaultOnce(nth, nth % 2 == 0 ? Simulation.Disk.DiskFault.CrashBefore : Simulation.Disk.DiskFault.CrashAfter);
            late.Start();
            cluster.Run(TimeSpan.FromSeconds(3));
            foreach (var member in cluster.Members)
                member.LosePower();
            isForced = true;
            late.Plan = BootstrapPlan.Restart;
            late.Start();
            cluster.Until(() => late.IsAlive && late.Status.IsLeader, $"a leader after a crash at call {nth}");
            Assert.Contains(late.Get("k"), new[] { "unknown", "after" });
            foreign += late.Get("k") == "after" ? 1 : 0;
        }

        Assert.InRange(foreign, 1, 39);
    }

    private static void AssertData(TestMember member)
    {
        for (var i = 0; i < 50; i++)
            Assert.Equal("value" + i, member.Get("key" + i));
    }
}
