using KvStore.Node.Background;
using KvStore.Platform;
using KvStore.Protocol;
using KvStore.Simulation.Disk;
using KvStore.Simulation.Store;

namespace KvStore.Node.Tests.Cluster;

/// <summary>A copy of the store takes as much space as the store changes: where there is none for it, the member serves on without it.</summary>
public sealed class FullDiskTests
{
    public enum Place
    {
        Catalog,
        Checkpoint,
        Open,
    }

    [Theory]
    [InlineData(Place.Catalog)]
    [InlineData(Place.Checkpoint)]
    [InlineData(Place.Open)]
    public void CopyForACaller_NoSpace_IsRefusedAndTheMemberServesOn(Place place)
    {
        var cluster = TestCluster.Found(1, seed: 70);
        var member = cluster.Leader();
        cluster.AwaitOk(member, member.Put("k", "1"));
        Fill(member, place);
        var refused = new StoreCopy();
        Assert.Equal(StorageErrors.NoSpaceForCopy, cluster.Await(member, member.Call((node, id) => node.TryCopyStore(id, refused))).Error);
        Assert.True(member.Node!.TryGiveBack(refused));
        cluster.AwaitOk(member, member.Put("k", "2"));
        MakeSpace(member);
        var copy = new StoreCopy();
        cluster.AwaitOk(member, member.Call((node, id) => node.TryCopyStore(id, copy)));
        Assert.True(member.Node!.TryGiveBack(copy));
        cluster.Run(TimeSpan.FromSeconds(1));
        member.LosePower();
        member.Start();
        cluster.Leader();
        Assert.Equal("2", member.Get("k"));
    }

    [Theory]
    [InlineData(Place.Catalog)]
    [InlineData(Place.Checkpoint)]
    [InlineData(Place.Open)]
    public void SnapshotForAMember_NoSpaceAtTheLeader_IsSentWhenThereIs(Place place)
    {
        var cluster = TestCluster.Found(3, seed: 71, ShortLog);
        var (leader, late) = LeaveOneBehind(cluster);
        Fill(leader, place);
        late.Start();
        var failed = 0;
        cluster.Until(() => (failed = Failures(leader)) > 1, "a second attempt");
        var until = cluster.World.Now + TimeSpan.FromSeconds(10);
        cluster.Until(() => cluster.World.Now >= until, "ten seconds");
        // It is not tried with every heartbeat.
        Assert.InRange(Failures(leader) - failed, 3, 6);
        Assert.True(leader.Status.IsLeader);
        MakeSpace(leader);
        cluster.UntilConverged();
        Assert.Equal("after", late.Get("k"));
    }

    [Fact]
    public void SnapshotForAMember_NoSpaceThere_ItServesOnAndGetsItWhenThereIs()
    {
        foreach (var call in new[] { StoreCall.Open, StoreCall.Write, StoreCall.Flush })
        {
            var cluster = TestCluster.Found(3, seed: 72, ShortLog);
            var (leader, late) = LeaveOneBehind(cluster);
            late.Start();
            // Its own store is opened by then, and nothing is written to it meanwhile.
            if (call != StoreCall.Open)
                cluster.Until(() => late.Traced.Exists(traced => traced.Kind == Primitives.TraceKind.SnapshotReceiveStarted), "the beginning");
            late.Stores.Options.BeforeCall = made => _ = made == call ? throw new StorageException(StorageFailure.NoSpace, "no space left on device") : 0;
            cluster.Until(() => Failures(leader) > 0, $"a failure at {call}");
            Assert.True(late.IsAlive, late.EndedBecause);
            MakeSpace(late);
            cluster.UntilConverged();
            Assert.Equal("after", late.Get("k"));
        }
    }

    private static int Failures(TestMember member) =>
        member.Traced.Count(traced => traced.Kind == Primitives.TraceKind.SnapshotSendFinished && traced.Detail?.Length > 0);

    private static NodeOptions ShortLog(NodeOptions options) => options with { CatchUpEntries = 5, CompactLogEvery = 5, FlushAfterEntries = 10 };

    private static (TestMember Leader, TestMember Late) LeaveOneBehind(TestCluster cluster)
    {
        var leader = cluster.Leader();
        cluster.AwaitOk(leader, leader.Put("k", "before"));
        var late = cluster.Members.First(member => member != leader);
        cluster.UntilConverged();
        late.LosePower();
        for (var i = 0; i < 60; i++)
            cluster.AwaitOk(leader, leader.Put("k", "after"));
        return (leader, late);
    }

    private static void Fill(TestMember member, Place place)
    {
        if (place == Place.Catalog)
            member.Disk.Faults = (_, path) => path.EndsWith("/stores.new", StringComparison.Ordinal) ? DiskFault.FailNoSpace : DiskFault.None;
        var full = place == Place.Checkpoint ? StoreCall.Checkpoint : StoreCall.Open;
        if (place != Place.Catalog)
            member.Stores.Options.BeforeCall = call => _ = call == full ? throw new StorageException(StorageFailure.NoSpace, "no space left on device") : 0;
    }

    private static void MakeSpace(TestMember member)
    {
        member.Disk.Faults = static (_, _) => DiskFault.None;
        member.Stores.Options.BeforeCall = null;
    }
}
