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
}
