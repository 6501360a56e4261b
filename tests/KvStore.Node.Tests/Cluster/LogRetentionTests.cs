using KvStore.Primitives;

namespace KvStore.Node.Tests.Cluster;

public sealed class LogRetentionTests
{
    /// <summary>
    /// N-1's other side: what the store holds durably does leave the disk, also on a member that is never idle. The entries kept for
    /// catching up are fewer here than those that come in between a flush and the news of it, as on a busy member with large values.
    /// </summary>
    [Fact]
    public void Log_UnderSteadyLoad_IsCutOnDisk()
    {
        var cluster = TestCluster.Found(
            1, seed: 7, options => options with { CatchUpEntries = 4, CompactLogEvery = 2, FlushInterval = TimeSpan.FromMilliseconds(200) });
        var member = cluster.Leader();
        for (var i = 0; i < 1000; i++)
        {
            for (var j = 0; j < 5; j++)
                member.Put("k" + j, i.ToString());
            cluster.Run(TimeSpan.FromMilliseconds(10));
        }

        Assert.Contains(member.Traced, traced => traced.Kind == TraceKind.WalPrefixRemoved);
        member.LosePower();
        member.Start();
        cluster.Leader();
        cluster.AwaitOk(member, member.Read());
        Assert.Equal("999", member.Get("k4"));
    }

    /// <summary>A restart reads what was not flushed into memory: few entries are enough when they are large.</summary>
    [Fact]
    public void Store_AfterSoManyBytes_IsFlushed()
    {
        var cluster = TestCluster.Found(1, seed: 8, options => options with { FlushAfterBytes = 10_000, FlushInterval = TimeSpan.FromDays(1) });
        var member = cluster.Leader();
        cluster.AwaitOk(member, member.Put("small", "value"));
        cluster.Run(TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(member.Traced, IsFlush);
        for (var i = 0; i < 10; i++)
            cluster.AwaitOk(member, member.Put("large", new string('v', 1_000)));
        cluster.Until(() => member.Traced.Exists(IsFlush), "a flush");
        cluster.Run(TimeSpan.FromSeconds(1));
        Assert.Single(member.Traced, IsFlush);
    }

    private static bool IsFlush(TraceEvent traced) => traced.Kind == TraceKind.StoreFlushed;
}
