using KvStore.Node.Bootstrap;
using KvStore.Primitives;

namespace KvStore.Node.Tests.Cluster;

/// <summary>
/// C8, D5: a store whose log is gone (a disk not mounted, a directory removed) is half a member. Begun anew it would forget votes and
/// acknowledged writes; it is refused, as often as it is tried, until somebody decides.
/// </summary>
public sealed class LostLogTests
{
    private const string Inside = "data/member/wal";
    private const string Elsewhere = "logs/wal";

    [Theory]
    [InlineData(Inside, true)]
    [InlineData(Inside, false)]
    [InlineData(Elsewhere, true)]
    [InlineData(Elsewhere, false)]
    public void LogGone_StoreFlushed_IsRefusedEveryTime(string directory, bool withItsDirectory)
    {
        var (cluster, member) = NewMember(1, directory, flushAfter: 5);
        for (var i = 0; i < 60; i++)
            cluster.AwaitOk(member, member.Put("k" + i, "v"));
        cluster.Until(() => member.Traced.Exists(traced => traced.Kind == TraceKind.StoreFlushed), "a flush");
        member.Kill();
        LoseLog(member, directory, withItsDirectory);
        for (var i = 0; i < 3; i++)
        {
            member.Start();
            Assert.False(member.IsAlive);
            Assert.Matches($"^.*{directory}: the log is gone, but the store under data/member/snap holds data up to entry [1-9][0-9]*: .*$", member.EndedBecause);
        }
    }

    /// <summary>
    /// A file of the log that was cut short (an interrupted copy, a repaired file system) looks like one that a crash tore; the store knows
    /// better: nothing is applied that was not on disk. Only who forces a new cluster gets what is left.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void LogCutShort_BelowWhatTheStoreHolds_IsRefusedEveryTime(bool losesPower)
    {
        var isForced = false;
        var cluster = TestCluster.Found(1, seed: 6, options => options with { FlushAfterEntries = 5, ForcesNewCluster = isForced });
        var member = cluster.Leader();
        for (var i = 0; i < 20; i++)
            cluster.AwaitOk(member, member.Put("k" + i, "v"));
        cluster.Until(() => member.Traced.Exists(traced => traced.Kind == TraceKind.StoreFlushed), "a flush");
        if (losesPower)
            member.LosePower();
        else
            member.Kill();
        var segment = Inside + "/" + member.Disk.List(Inside).Where(name => name.EndsWith(".wal", StringComparison.Ordinal)).Max(StringComparer.Ordinal);
        using (var file = member.Disk.Open(segment))
        {
            file.Truncate(400);
            file.Sync();
        }

        for (var i = 0; i < 3; i++)
        {
            member.Start();
            Assert.False(member.IsAlive);
            Assert.Matches($"^.*{Inside}: the log ends at entry [0-9]+, but the store under data/member/snap holds data up to entry [1-9][0-9]*: .*$", member.EndedBecause);
        }

        isForced = true;
        member.Start();
        cluster.Until(() => member.IsAlive && member.Status.IsLeader, "the member leads");
    }

    /// <summary>What was acknowledged lay in the log alone: without it there is nothing to go on from.</summary>
    [Fact]
    public void LogGone_StoreNeverFlushed_IsRefused()
    {
        var (cluster, member) = NewMember(1, Inside, flushAfter: 100_000);
        cluster.AwaitOk(member, member.Put("k", "v"));
        member.LosePower();
        LoseLog(member, Inside, withItsDirectory: true);
        member.Start();
        Assert.Contains("the log is gone", member.EndedBecause);
    }

    /// <summary>Whatever the flags plan for a member without data, this one has some.</summary>
    [Fact]
    public void LogGone_MemberOfThree_IsRefused()
    {
        var cluster = TestCluster.Found(3, seed: 3);
        var leader = cluster.Leader();
        cluster.AwaitOk(leader, leader.Put("k", "v"));
        cluster.UntilConverged();
        leader.Kill();
        LoseLog(leader, Inside, withItsDirectory: true);
        leader.Plan = BootstrapPlan.Join(leader.Plan.Cluster, leader.Id, leader.Plan.Members);
        leader.Start();
        Assert.Contains("the log is gone", leader.EndedBecause);
    }

    private static (TestCluster Cluster, TestMember Member) NewMember(ulong seed, string directory, ulong flushAfter)
    {
        var cluster = TestCluster.Founded(1, seed, options => options with { WalDirectory = directory, FlushAfterEntries = flushAfter });
        var member = cluster.Members[0];
        member.Disk.CreateDirectory("logs");
        member.Disk.SyncDirectory("/");
        member.Start();
        cluster.Leader();
        return (cluster, member);
    }

    private static void LoseLog(TestMember member, string directory, bool withItsDirectory)
    {
        if (withItsDirectory)
        {
            member.Disk.DeleteDirectory(directory);
            return;
        }

        foreach (var name in member.Disk.List(directory).Where(name => name.EndsWith(".wal", StringComparison.Ordinal)))
            member.Disk.Delete(directory + "/" + name);
    }
}
