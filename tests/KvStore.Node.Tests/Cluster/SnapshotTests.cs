using KvStore.Primitives;
using KvStore.Simulation.Disk;
using KvStore.Simulation.World;

namespace KvStore.Node.Tests.Cluster;

/// <summary>A member that needs what the log no longer has gets the store itself (C9, C10, R19, M8).</summary>
public sealed class SnapshotTests
{
    private static NodeOptions ShortLog(NodeOptions options) => options with
    {
        CatchUpEntries = 5,
        CompactLogEvery = 5,
        SnapshotChunkBytes = 256,
        SnapshotWindowChunks = 3,
        FlushAfterEntries = 10,
        OldStoreGrace = TimeSpan.FromSeconds(1),
    };

    [Fact]
    public void LateMember_GetsTheStore_AndGoesOnFromIt()
    {
        var cluster = TestCluster.Found(3, seed: 1, ShortLog);
        var (leader, late) = LeaveOneBehind(cluster);
        late.Start();
        cluster.UntilConverged();
        Assert.Contains(late.Traced, traced => traced.Kind == TraceKind.SnapshotInstalled);
        AssertSameStore(cluster, leader, late);
        cluster.AwaitOk(late, late.Put("z", "9"));
        Assert.Equal("9", late.Get("z"));
    }

    /// <summary>Lost, doubled and damaged chunks: the window goes back, nothing wrong is adopted.</summary>
    [Fact]
    public void FaultyNetwork_DelaysItOnly()
    {
        for (var seed = 1UL; seed <= 6; seed++)
        {
            var cluster = TestCluster.Found(3, 10 + seed, ShortLog);
            var (leader, late) = LeaveOneBehind(cluster);
            cluster.Network.Faults = NetworkFaults.None with
            {
                DroppedPerMille = 50, DuplicatedPerMille = 50, CorruptedPerMille = 20, ReorderedPerMille = 100,
            };
            late.Start();
            cluster.Until(() => late.Traced.Exists(traced => traced.Kind == TraceKind.SnapshotInstalled), "the snapshot");
            cluster.Network.Faults = NetworkFaults.None;
            cluster.UntilConverged();
            AssertSameStore(cluster, leader, late);
        }
    }

    /// <summary>C10: the receiver dies at the nth call of its disk, for every n; it comes back with the old state or the new one, and catches up.</summary>
    [Fact]
    public void Receiver_DyingAtAnyCallOfItsDisk_ComesBack()
    {
        for (var nth = 1; nth <= 40; nth++)
        {
            var cluster = TestCluster.Found(3, seed: 2, ShortLog);
            var (leader, late) = LeaveOneBehind(cluster);
            late.Disk.FaultOnce(nth, nth % 2 == 0 ? DiskFault.CrashBefore : DiskFault.CrashAfter);
            late.Start();
            cluster.Run(TimeSpan.FromSeconds(3));
            late.LosePower();
            late.Start();
            Assert.True(late.IsAlive, $"call {nth}: {late.EndedBecause}");
            cluster.UntilConverged();
            AssertSameStore(cluster, leader, late);
        }
    }

    /// <summary>The same for the calls of the store: checkpoint, write, flush, open.</summary>
    [Fact]
    public void Sender_StoppingMidway_IsFollowedByTheNextLeader()
    {
        for (var seed = 1UL; seed <= 5; seed++)
        {
            var cluster = TestCluster.Found(3, 30 + seed, ShortLog);
            var (leader, late) = LeaveOneBehind(cluster);
            late.Start();
            cluster.Until(() => late.Traced.Exists(traced => traced.Kind == TraceKind.SnapshotReceiveStarted), "the beginning");
            leader.LosePower();
            cluster.Run(TimeSpan.FromSeconds(2));
            leader.Start();
            cluster.UntilConverged();
            AssertSameStore(cluster, leader, late);
        }
    }

    [Fact]
    public void Views_OpenedBeforeTheSwap_StayReadable()
    {
        var cluster = TestCluster.Found(3, seed: 3, options => ShortLog(options) with { FlushAfterEntries = 1 });
        var (leader, late) = LeaveOneBehind(cluster);
        late.Start();
        using (var view = late.Node!.OpenView())
        {
            var before = view.Current;
            cluster.UntilConverged();
            cluster.Run(TimeSpan.FromSeconds(5));
            Assert.Equal(before, view.Current);
            Assert.True(view.TryGet("k1"u8, Revision.Zero, out _));
            Assert.True(late.CurrentRevision > before);
        }

        cluster.Run(TimeSpan.FromSeconds(5));
        AssertSameStore(cluster, leader, late);
    }

    private static (TestMember Leader, TestMember Late) LeaveOneBehind(TestCluster cluster)
    {
        var leader = cluster.Leader();
        for (var i = 0; i < 5; i++)
            cluster.AwaitOk(leader, leader.Put("k" + i, "before"));
        var late = cluster.Members.First(member => member != leader);
        cluster.Until(() => late.Status.AppliedIndex == leader.Status.AppliedIndex, "everybody's start");
        cluster.Run(TimeSpan.FromSeconds(1));
        late.LosePower();
        for (var i = 0; i < 60; i++)
            cluster.AwaitOk(leader, leader.Put("k" + (i % 20), new string('v', i) + i));
        return (leader, late);
    }

    private static void AssertSameStore(TestCluster cluster, TestMember left, TestMember right)
    {
        var hashes = new[] { left, right }.Select(member =>
            Convert.ToHexString(cluster.AwaitOk(member, member.Call(static (node, id) => node.TryHashKeyValues(id, Revision.Zero))).Body.Span)).ToList();
        Assert.Equal(hashes[0], hashes[1]);
        Assert.Equal(left.CurrentRevision, right.CurrentRevision);
    }
}
