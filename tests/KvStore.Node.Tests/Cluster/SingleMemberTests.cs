using KvStore.Protocol.Etcd;
using KvStore.Simulation.Disk;

namespace KvStore.Node.Tests.Cluster;

public sealed class SingleMemberTests
{
    [Fact]
    public void Put_IsAnsweredPublishedAndRead()
    {
        var cluster = TestCluster.Found(1, seed: 1);
        var member = cluster.Leader();
        var reply = cluster.AwaitOk(member, member.Put("a", "1"));
        Assert.Equal(2, reply.Revision.Value);
        Assert.True(PutResponse.Parser.ParseFrom(reply.Body.Span) is { PrevKv: null });
        Assert.Equal("1", member.Get("a"));
        cluster.AwaitOk(member, member.Read());
    }

    [Fact]
    public void Member_PublishesItselfAndTheVersion()
    {
        var cluster = TestCluster.Found(1, seed: 2);
        var member = cluster.Leader();
        cluster.Until(() => member.Status.IsPublished, "publication");
        // Whoever is served from now on finds the version: a client that asks for a downgrade first is not told that there is none.
        Assert.NotEmpty(member.Status.ClusterVersion);
        var self = Assert.Single(member.Status.Members);
        Assert.Equal(("m0", "http://m0:2379", "http://m0:2380"), (self.Name, self.ClientUrls[0], self.PeerUrls[0]));
    }

    [Fact]
    public void Restart_AfterLossOfPower_KeepsEveryAnsweredPut()
    {
        var cluster = TestCluster.Found(1, seed: 3);
        var member = cluster.Leader();
        for (var life = 0; life < 5; life++)
        {
            for (var i = 0; i < 20; i++)
                cluster.AwaitOk(member, member.Put("k" + i, $"{life}.{i}"));
            var revision = member.CurrentRevision;
            member.LosePower();
            member.Start();
            cluster.Leader();
            cluster.AwaitOk(member, member.Read());
            Assert.Equal(revision, member.CurrentRevision);
            for (var i = 0; i < 20; i++)
                Assert.Equal($"{life}.{i}", member.Get("k" + i));
        }
    }

    /// <summary>R11, M8, D7: the process ends at the nth call of the disk, for every n of a run; nothing answered is lost, nothing applied twice.</summary>
    [Fact]
    public void Kill_AtAnyCallOfTheDisk_LosesNothingAnswered()
    {
        for (var nth = 1; nth < 60; nth++)
        {
            var cluster = TestCluster.Found(1, seed: (ulong)nth, options => options with { FlushAfterEntries = 4 });
            var member = cluster.Leader();
            member.Disk.FaultOnce(nth, nth % 2 == 0 ? DiskFault.CrashBefore : DiskFault.CrashAfter);
            var answered = 0;
            for (var i = 1; i <= 40 && member.IsAlive; i++)
            {
                var request = member.Put("n", i.ToString());
                cluster.Until(() => !member.IsAlive || member.Answers.TryGet(request, out _), "an answer or the end");
                if (member.Answers.TryGet(request, out _))
                    answered = i;
            }

            member.LosePower();
            member.Start();
            cluster.Leader();
            cluster.AwaitOk(member, member.Read());
            var value = int.Parse(member.Get("n") ?? "0");
            Assert.InRange(value, answered, answered + 1);
            Assert.Equal(value + 1, member.CurrentRevision.Value);
        }
    }

    /// <summary>D3: an error of the sync ends the process; what it should have made durable was never answered.</summary>
    [Fact]
    public void FailedSync_EndsTheProcess_AndAnswersNothing()
    {
        var cluster = TestCluster.Found(1, seed: 5);
        var member = cluster.Leader();
        cluster.Until(() => member.Status.IsPublished, "publication");
        cluster.Run(TimeSpan.FromSeconds(1));
        member.Disk.Faults = static (call, _) => call == DiskCall.Sync ? DiskFault.FailIo : DiskFault.None;
        var request = member.Put("a", "1");
        cluster.Until(() => !member.IsAlive, "the end");
        Assert.False(member.Answers.TryGet(request, out _));
        Assert.Contains("storage failed", member.EndedBecause);
        member.LosePower();
        member.Start();
        cluster.Leader();
        cluster.AwaitOk(member, member.Put("a", "2"));
    }

    /// <summary>
    /// A lane that could not post tries again at the latest with the next tick. Here the Consensus lane is full of reads at the moment
    /// when the log has synced, and nothing else would call the Log lane again.
    /// </summary>
    [Fact]
    public void FullConsensusLane_WhenTheLogHasSynced_DelaysTheCommitOnly()
    {
        var cluster = TestCluster.Found(1, seed: 6, options => options with { ConsensusInboxMax = 8 });
        var member = cluster.Leader();
        cluster.Until(() => member.Status.IsPublished, "publication");
        cluster.Run(TimeSpan.FromSeconds(1));
        var filled = false;
        member.Disk.Faults = (call, _) =>
        {
            while (call == DiskCall.Sync && member.Node!.TryRead(member.NextRequest()))
                filled = true;
            return DiskFault.None;
        };
        var request = member.Put("a", "1");
        cluster.Until(() => filled, "the sync");
        member.Disk.Faults = static (_, _) => DiskFault.None;
        cluster.AwaitOk(member, request);
    }

    /// <summary>D5, D7: the log's own directory (--wal-dir) is new too; what is acknowledged must not vanish with its name.</summary>
    [Fact]
    public void LogOnADirectoryOfItsOwn_AfterLossOfPower_KeepsWhatWasAnswered()
    {
        var cluster = TestCluster.Founded(1, seed: 8, options => options with { WalDirectory = "logs/wal" });
        var member = cluster.Members[0];
        member.Disk.CreateDirectory("logs");
        member.Disk.SyncDirectory("/");
        member.Start();
        cluster.Leader();
        cluster.AwaitOk(member, member.Put("a", "1"));
        member.LosePower();
        member.Start();
        cluster.Leader();
        cluster.AwaitOk(member, member.Read());
        Assert.Equal("1", member.Get("a"));
    }
}
