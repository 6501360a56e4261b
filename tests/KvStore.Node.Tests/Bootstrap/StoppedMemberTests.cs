using System.Text;
using KvStore.Node.Bootstrap;
using KvStore.Node.Snapshots;
using KvStore.Node.Tests.Cluster;
using KvStore.Node.Tests.Snapshots;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Disk;

namespace KvStore.Node.Tests.Bootstrap;

/// <summary>The store of a member that does not run, read and rewritten by a tool.</summary>
public sealed class StoppedMemberTests
{
    private const int Keys = 40;

    private static readonly NodeOptions Options = new() { DataDirectory = "data" };

    /// <summary>C10, D11: whatever call is the last one, the member starts with all that it had, and nothing else remains.</summary>
    [Fact]
    public void Rewrite_CrashAtAnyCall_LeavesTheMemberWithAllItHad()
    {
        var cut = 0;
        for (var nth = 1; ; nth++)
        {
            var (cluster, member) = NewStoppedMember((ulong)nth);
            member.Disk.FaultOnce(nth, DiskFault.CrashBefore);
            var ended = TryRewrite(member);
            member.LosePower(PowerLoss.KeepSome);
            member.Plan = BootstrapPlan.Restart;
            member.Start();
            Assert.Null(member.EndedBecause);
            cluster.AwaitOk(cluster.Leader(), member.Put("after", "rewrite"));
            Assert.Equal("v39", member.Get("k39"));
            Assert.Equal(Keys + 2, member.CurrentRevision.Value);
            Assert.DoesNotContain("discard", Catalog(member), StringComparison.Ordinal);
            if (ended)
                break;
            cut++;
        }

        Assert.True(cut > 3, $"{cut} crashes");
    }

    [Fact]
    public void Rewrite_KeepsHashAndEntry()
    {
        var (_, member) = NewStoppedMember(77);
        SnapshotHash Hash() => StoppedMember.Read(member.Disk, member.Stores, Options, store => SnapshotHash.Of(store, Revision.Zero, new SnapshotFixture.Silence()));
        var before = Hash();
        StoppedMember.Rewrite(member.Disk, member.Stores, Options);
        Assert.Equal(before, Hash());
    }

    /// <summary>D12: the member has the log's lock, wherever the tool begins.</summary>
    [Fact]
    public void MemberThatRuns_IsNeitherReadNorRewritten()
    {
        var cluster = TestCluster.Found(1, seed: 5);
        var member = cluster.Leader();
        cluster.AwaitOk(member, member.Put("k", "v"));
        Assert.Equal(StorageFailure.Locked, Assert.Throws<StorageException>(() => StoppedMember.Rewrite(member.Disk, member.Stores, Options)).Failure);
        Assert.Equal(StorageFailure.Locked, Assert.Throws<StorageException>(() => StoppedMember.Read(member.Disk, member.Stores, Options, _ => 0)).Failure);
        cluster.AwaitOk(member, member.Put("k", "w"));
        Assert.Equal("w", member.Get("k"));
    }

    [Fact]
    public void DirectoryWithoutAStore_IsNotFoundAndStaysEmpty()
    {
        var (_, member) = NewStoppedMember(6);
        var nowhere = Options with { DataDirectory = "elsewhere" };
        Assert.Equal(StorageFailure.NotFound, Assert.Throws<StorageException>(() => StoppedMember.Rewrite(member.Disk, member.Stores, nowhere)).Failure);
        Assert.Empty(member.Disk.List("elsewhere"));
    }

    private static (TestCluster Cluster, TestMember Member) NewStoppedMember(ulong seed)
    {
        var cluster = TestCluster.Found(1, seed);
        var member = cluster.Leader();
        for (var i = 0; i < Keys; i++)
            cluster.AwaitOk(member, member.Put("k" + i, "v" + i));
        member.Kill();
        return (cluster, member);
    }

    private static string Catalog(TestMember member)
    {
        using var file = member.Disk.Open("data/member/snap/stores");
        var bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return Encoding.ASCII.GetString(bytes);
    }

    private static bool TryRewrite(TestMember member)
    {
        try
        {
            StoppedMember.Rewrite(member.Disk, member.Stores, Options);
            return true;
        }
        catch (SimulatedCrashException)
        {
            return false;
        }
    }
}
