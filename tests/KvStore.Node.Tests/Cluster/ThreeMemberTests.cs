using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Simulation.World;

namespace KvStore.Node.Tests.Cluster;

public sealed class ThreeMemberTests
{
    [Fact]
    public void Put_OnAFollower_IsAnsweredThere_AndReadableEverywhere()
    {
        var cluster = TestCluster.Found(3, seed: 1);
        var leader = cluster.Leader();
        var follower = cluster.Members.First(member => member != leader);
        cluster.AwaitOk(follower, follower.Put("a", "1"));
        Assert.Equal("1", follower.Get("a"));
        foreach (var member in cluster.Members)
        {
            cluster.AwaitOk(member, member.Read());
            Assert.Equal("1", member.Get("a"));
        }
    }

    [Fact]
    public void Members_PublishThemselves()
    {
        var cluster = TestCluster.Found(3, seed: 2);
        cluster.Until(() => cluster.Members.All(member => member.Status.IsPublished), "publication");
        cluster.UntilConverged();
        foreach (var member in cluster.Members)
            Assert.Equal(["m0", "m1", "m2"], member.Status.Members.Select(info => info.Name).Order());
    }

    /// <summary>Contract 2.2: a proposal without a leader waits; one that finds none ends with the caller's deadline, not with "no leader".</summary>
    [Fact]
    public void Put_WithoutALeader_WaitsForOne_OrForTheDeadline()
    {
        var cluster = TestCluster.Found(3, seed: 3);
        var leader = cluster.Leader();
        var follower = cluster.Members.First(member => member != leader);
        foreach (var other in cluster.Members.Where(member => member != follower))
            other.Kill();
        cluster.Until(() => !follower.Status.HasLeader, "no leader");
        var asked = cluster.World.Now;
        var reply = cluster.Await(follower, follower.Put("a", "1"));
        Assert.Equal(EtcdErrors.CallerDeadlineExceeded, reply.Error);
        Assert.True(cluster.World.Now - asked >= TimeSpan.FromSeconds(6.5));
        Assert.Equal(EtcdErrors.Timeout, cluster.Await(follower, follower.Read()).Error);

        var held = follower.Put("b", "2");
        cluster.Members.First(member => member != follower).Start();
        cluster.AwaitOk(follower, held);
        Assert.Null(follower.Get("a"));
    }

    /// <summary>A follower that knows its leader cannot be reached forwards nothing to it: the put waits and goes to the successor.</summary>
    [Fact]
    public void Put_WhileTheLostLeaderIsStillBelievedIn_GoesToItsSuccessor()
    {
        for (var seed = 1UL; seed <= 10; seed++)
        {
            var cluster = TestCluster.Found(3, seed);
            var leader = cluster.Leader();
            var follower = cluster.Members.First(member => member != leader);
            leader.Kill();
            // Nothing of the leader is under way any more, and the election timeout is not over.
            cluster.Run(TimeSpan.FromMilliseconds(300));
            follower.Node!.OnUnreachable(leader.Id);
            var put = follower.Put("a", "1");
            cluster.AwaitOk(follower, put);
            Assert.Equal("1", follower.Get("a"));
        }
    }

    /// <summary>R2, R4: a leader that was cut off answers no read, however long it waits and whatever comes late.</summary>
    [Fact]
    public void IsolatedLeader_AnswersNoRead()
    {
        for (var seed = 1UL; seed <= 10; seed++)
        {
            var cluster = TestCluster.Found(3, 40 + seed);
            cluster.Network.Faults = NetworkFaults.None with { DuplicatedPerMille = 100, LatePerMille = 50, ReorderedPerMille = 100 };
            var old = cluster.Leader();
            cluster.AwaitOk(old, old.Put("a", "old"));
            cluster.Isolate(old);
            var read = old.Read();
            var next = cluster.Members.Where(member => member != old).ToList();
            cluster.Until(() => next.Any(member => member.Status.IsLeader), "another leader");
            var leader = next.First(member => member.Status.IsLeader);
            cluster.AwaitOk(leader, leader.Put("a", "new"));
            cluster.Network.Heal();
            var reply = cluster.Await(old, read);
            if (reply.Error is null)
                Assert.Equal("new", old.Get("a"));
            else
                Assert.Contains(reply.Error, new[] { EtcdErrors.LeaderChanged, EtcdErrors.Timeout });
        }
    }

    [Fact]
    public void LeaderKilled_AnotherLeads_AndTheOldOneCatchesUp()
    {
        var cluster = TestCluster.Found(3, seed: 4);
        var first = cluster.Leader();
        cluster.AwaitOk(first, first.Put("a", "1"));
        first.LosePower();
        var second = cluster.Leader();
        Assert.NotEqual(first, second);
        Assert.Equal("1", second.Get("a"));
        for (var i = 0; i < 50; i++)
            cluster.AwaitOk(second, second.Put("b", i.ToString()));
        first.Start();
        cluster.UntilConverged();
        Assert.Equal("49", first.Get("b"));
        Assert.Equal(second.CurrentRevision, first.CurrentRevision);
    }

    /// <summary>R11 with everybody: the whole cluster loses power again and again, with stores flushed ahead of the recorded commit index.</summary>
    [Fact]
    public void AllLosePower_NothingAnsweredIsLost()
    {
        var cluster = TestCluster.Found(3, seed: 5, options => options with { FlushAfterEntries = 3 });
        for (var round = 0; round < 8; round++)
        {
            var leader = cluster.Leader();
            for (var i = 0; i < 10; i++)
                cluster.AwaitOk(leader, leader.Put("n", $"{round}.{i}"));
            var revision = leader.CurrentRevision;
            foreach (var member in cluster.Members)
                member.LosePower();
            foreach (var member in cluster.Members)
                member.Start();
            leader = cluster.Leader();
            cluster.AwaitOk(leader, leader.Read());
            Assert.Equal($"{round}.9", leader.Get("n"));
            Assert.Equal(revision, leader.CurrentRevision);
        }
    }

    /// <summary>C17: a stopping leader hands over, and a put asked for meanwhile anywhere else is answered without an election timeout.</summary>
    [Fact]
    public void StoppingLeader_HandsOver_WithinAnElectionTimeout()
    {
        var cluster = TestCluster.Found(3, seed: 6);
        var leader = cluster.Leader();
        cluster.AwaitOk(leader, leader.Put("a", "1"));
        var followers = cluster.Members.Where(member => member != leader).ToList();
        var begun = cluster.World.Now;
        var stop = leader.Call(static (node, id) => node.TryStop(id));
        var meanwhile = followers.Select(follower => (Member: follower, Request: follower.Put(follower.Name, "x"))).ToList();
        cluster.AwaitOk(leader, stop);
        Assert.False(leader.Status.IsLeader);
        foreach (var (member, request) in meanwhile)
            cluster.AwaitOk(member, request);
        Assert.True(cluster.World.Now - begun < TimeSpan.FromSeconds(1));
        Assert.Equal(EtcdErrors.Stopped, cluster.Await(leader, leader.Put("b", "1")).Error);
        leader.Kill();
        Assert.NotEqual(leader, cluster.Leader());
    }

    [Fact]
    public void StoppingFollower_AnswersAtOnce()
    {
        var cluster = TestCluster.Found(3, seed: 7);
        var leader = cluster.Leader();
        var follower = cluster.Members.First(member => member != leader);
        var begun = cluster.World.Now;
        cluster.AwaitOk(follower, follower.Call(static (node, id) => node.TryStop(id)));
        Assert.True(cluster.World.Now - begun < TimeSpan.FromMilliseconds(10));
    }

    [Fact]
    public void MoveLeader_MovesIt_AndRefusesWhatEtcdRefuses()
    {
        var cluster = TestCluster.Found(3, seed: 8);
        var leader = cluster.Leader();
        var target = cluster.Members.First(member => member != leader);
        Assert.Equal(EtcdErrors.NotLeader, cluster.Await(target, target.Call((node, id) => node.TryTransferLeadership(id, target.Id))).Error);
        Assert.Equal(EtcdErrors.BadLeaderTransferee, cluster.Await(leader, leader.Call(static (node, id) => node.TryTransferLeadership(id, new MemberId(77)))).Error);
        cluster.AwaitOk(leader, leader.Call((node, id) => node.TryTransferLeadership(id, target.Id)));
        Assert.Equal(target, cluster.Leader());
    }

    /// <summary>The strict check of a follower asks the leader who answers: a leader of this moment must not call the others dead.</summary>
    [Fact]
    public void NewLeader_BeforeItTicks_KnowsWhoAnswers()
    {
        var cluster = TestCluster.Found(3, seed: 8);
        var leader = cluster.Leader();
        var target = cluster.Members.First(member => member != leader);
        leader.Call((node, id) => node.TryTransferLeadership(id, target.Id));
        cluster.Until(() => target.Status.IsLeader, "the move");
        Assert.Equal(3, target.Status.Peers.Count);
        Assert.All(target.Status.Peers, peer => Assert.True(peer.RecentlyActive));
    }

    /// <summary>R13: the target is gone; the caller is told, and the leader goes on.</summary>
    [Fact]
    public void MoveLeader_ToADeadMember_EndsWithItsError()
    {
        var cluster = TestCluster.Found(3, seed: 9);
        var leader = cluster.Leader();
        var target = cluster.Members.First(member => member != leader);
        target.Kill();
        var reply = cluster.Await(leader, leader.Call((node, id) => node.TryTransferLeadership(id, target.Id)));
        Assert.Equal(EtcdErrors.LeaderTransferTimeout, reply.Error);
        leader = cluster.Leader();
        cluster.AwaitOk(leader, leader.Put("a", "1"));
    }

    /// <summary>N-4: a transfer that a client asked for is answered too when the member stops, and not with what did not happen.</summary>
    [Fact]
    public void MoveLeader_OnAMemberThatStops_IsNotSaidToBeDone()
    {
        var cluster = TestCluster.Found(3, seed: 11);
        var leader = cluster.Leader();
        cluster.Run(TimeSpan.FromSeconds(1));
        var target = cluster.Members.First(member => member != leader);
        target.Kill();
        var move = leader.Call((node, id) => node.TryTransferLeadership(id, target.Id));
        cluster.Run(TimeSpan.FromMilliseconds(10));
        Assert.False(leader.Answers.TryGet(move, out _));
        var stop = leader.Call(static (node, id) => node.TryStop(id));
        cluster.AwaitOk(leader, stop);
        Assert.Equal(EtcdErrors.Stopped, cluster.Await(leader, move).Error);
    }

    /// <summary>Frames lost, doubled, damaged and late, members killed at random: answered puts stay, all agree at the end.</summary>
    [Theory]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(102)]
    [InlineData(103)]
    public void FaultyNetworkAndKills_EndInAgreement(int seed)
    {
        var cluster = TestCluster.Found(3, (ulong)seed, options => options with { FlushAfterEntries = 7, CatchUpEntries = 20, CompactLogEvery = 5 });
        cluster.Network.Faults = NetworkFaults.None with
        {
            DroppedPerMille = 30, DuplicatedPerMille = 30, CorruptedPerMille = 10, ReorderedPerMille = 50, LatePerMille = 10,
        };
        var chance = cluster.World.Chance;
        var asked = new List<(Answers Answers, RequestId Request)>();
        for (var i = 1; i <= 300; i++)
        {
            var member = cluster.Members[chance.Below(3)];
            if (member.IsAlive)
                asked.Add((member.Answers, member.Put("k" + (i % 10), i.ToString())));
            if (chance.Chance(1, 25))
            {
                var victim = cluster.Members[chance.Below(3)];
                victim.LosePower();
                cluster.Run(TimeSpan.FromMilliseconds(chance.Below(3000)));
                victim.Start();
            }

            cluster.Run(TimeSpan.FromMilliseconds(chance.Below(200)));
        }

        cluster.Network.Faults = NetworkFaults.None;
        // What is late may still be a forwarded proposal.
        cluster.Run(TimeSpan.FromSeconds(10));
        cluster.UntilConverged();
        var done = asked.Where(put => put.Answers.TryGet(put.Request, out var reply) && reply.Error is null).ToList();
        Assert.True(done.Count > 100, done.Count.ToString());
        var hashes = cluster.Members.Select(member => Contents(cluster, member)).ToList();
        Assert.Equal(hashes[0], hashes[1]);
        Assert.Equal(hashes[0], hashes[2]);
        Assert.True(cluster.Members[0].CurrentRevision.Value > done.Count);
    }

    private static string Contents(TestCluster cluster, TestMember member)
    {
        var hash = cluster.AwaitOk(member, member.Call(static (node, id) => node.TryHashKeyValues(id, Revision.Zero)));
        return Convert.ToHexString(hash.Body.Span) + string.Join(',', Enumerable.Range(0, 10).Select(i => member.Get("k" + i)));
    }
}
