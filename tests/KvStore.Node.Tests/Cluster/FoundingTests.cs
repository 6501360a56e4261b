using KvStore.Node.Bootstrap;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Disk;
using KvStore.Wal;

namespace KvStore.Node.Tests.Cluster;

public sealed class FoundingTests
{
    /// <summary>
    /// C10, D7: a founder dies at the nth call of its very first start, for every n, and loses power by each rule. It comes back as
    /// one of three: never alone, never without the others.
    /// </summary>
    [Theory]
    [InlineData(PowerLoss.LoseAll)]
    [InlineData(PowerLoss.KeepSome)]
    [InlineData(PowerLoss.KeepPrefix)]
    public void CrashAtAnyCallOfTheFirstStart_LeavesAFounder(PowerLoss loss)
    {
        for (var run = 0; run < 80; run++)
        {
            var nth = 1 + (run % 40);
            var cluster = TestCluster.Founded(3, (ulong)run, domain: "." + new string('x', 600));
            // The first in the log: with its own entry alone it would be a cluster of one.
            var unlucky = cluster.Members.MinBy(member => member.Id)!;
            unlucky.Disk.FaultOnce(nth, nth % 2 == 0 ? DiskFault.CrashBefore : DiskFault.CrashAfter);
            unlucky.Start();
            cluster.Run(TimeSpan.FromSeconds(4));
            unlucky.LosePower(loss);
            unlucky.Start();
            Assert.True(unlucky.IsAlive, $"run {run}, call {nth}: {unlucky.EndedBecause}");
            // Alone it must not lead, whatever the crash left.
            cluster.Run(TimeSpan.FromSeconds(5));
            Assert.False(unlucky.Status.IsLeader, $"run {run}, call {nth}: a cluster of one");
            foreach (var other in cluster.Members.Where(member => member != unlucky))
                other.Start();
            var leader = cluster.Leader();
            cluster.AwaitOk(leader, leader.Put("a", "1"));
            cluster.UntilConverged();
            Assert.All(cluster.Members, member => Assert.Equal("1", member.Get("a")));
            Assert.All(cluster.Members, member => Assert.Equal(3, member.Status.Members.Count));
        }
    }

    /// <summary>Part of the founding on disk and no hard state: nobody was told of it. The founder begins again, or waits, but never leads alone.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(2, false)]
    public void TornFounding_IsNoFounding(int entries, bool knowsItsPlan)
    {
        var cluster = TestCluster.Founded(3, seed: (ulong)entries);
        var founder = cluster.Members.MinBy(member => member.Id)!;
        WriteEntriesWithoutHardState(founder, entries);
        var plan = founder.Plan;
        founder.Plan = knowsItsPlan ? plan : BootstrapPlan.Restart;
        founder.Start();
        cluster.Run(TimeSpan.FromSeconds(5));
        Assert.True(founder.IsAlive, founder.EndedBecause);
        Assert.False(founder.Status.IsLeader);
        foreach (var other in cluster.Members.Where(member => member != founder))
            other.Start();
        cluster.Leader();
        cluster.Run(TimeSpan.FromSeconds(5));
        Assert.False(founder.Status.IsLeader && !knowsItsPlan);
        // Without its plan it knows nobody's address: it needs to be started with the flags it was founded with.
        if (!knowsItsPlan)
            return;
        cluster.UntilConverged();
        Assert.Equal(3, founder.Status.Members.Count);
    }

    private static void WriteEntriesWithoutHardState(TestMember founder, int count)
    {
        const string Directory = "data/member/wal";
        founder.Disk.CreateDirectory(Directory);
        var options = new WalOptions { Identity = new WalIdentity(founder.Plan.Cluster, founder.Id), SegmentBytes = 16 << 10 };
        using var log = WriteAheadLog.Open(founder.Disk, Directory, options, new NoTrace(), out _);
        var entries = founder.Plan.Members.Take(count).Select((member, i) => new LogEntry(
            new Term(1), new LogIndex((ulong)i + 1), LogEntryKind.Membership, MembershipCommands.EncodeFounder(member)));
        log.Append(null, [.. entries]);
        log.Sync();
        foreach (var directory in new[] { "data/member", "data", "/" })
            founder.Disk.SyncDirectory(directory);
    }

    private sealed class NoTrace : ITraceSink
    {
        public void Emit(in TraceEvent traceEvent)
        {
        }
    }

    [Fact]
    public void SecondProcess_IsRefused()
    {
        var cluster = TestCluster.Found(1, seed: 1);
        var member = cluster.Leader();
        member.StartBeside();
        Assert.Contains("Locked", member.EndedBecause);
    }
}
