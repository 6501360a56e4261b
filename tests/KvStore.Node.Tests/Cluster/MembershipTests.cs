using KvStore.Node.Bootstrap;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;

namespace KvStore.Node.Tests.Cluster;

public sealed class MembershipTests
{
    [Fact]
    public void AddVoter_JoinsAndCounts()
    {
        var cluster = Published(1, seed: 1);
        var leader = cluster.Leader();
        var (id, reply) = Add(cluster, leader, "m9", MembershipRequestKind.AddVoter);
        var answer = MemberAddResponse.Parser.ParseFrom(reply.Body.Span);
        Assert.Equal((id.Value, 2), (answer.Member.ID, answer.Members.Count));
        var joined = cluster.Join(id, "m9");
        cluster.Until(() => joined.Status.IsPublished, "publication");
        cluster.AwaitOk(joined, joined.Put("a", "1"));
        Assert.Equal("1", joined.Get("a"));
        cluster.Until(() => leader.Status.Members.Count == 2, "two members");
    }

    /// <summary>A cluster grows from one to three to one again, with a log too short for the newcomers: each begins with a snapshot.</summary>
    [Fact]
    public void GrowAndShrink_WithSnapshots()
    {
        var cluster = Published(1, seed: 2, options => options with { CatchUpEntries = 2, CompactLogEvery = 2, SnapshotChunkBytes = 512 });
        var first = cluster.Leader();
        for (var i = 0; i < 50; i++)
            cluster.AwaitOk(first, first.Put("k" + i, "v"));
        foreach (var name in new[] { "m8", "m9" })
        {
            var (id, _) = Add(cluster, cluster.Leader(), name, MembershipRequestKind.AddVoter);
            var joined = cluster.Join(id, name);
            cluster.Until(() => joined.Status.IsPublished, "publication");
            Assert.Equal("v", joined.Get("k49"));
        }

        cluster.UntilConverged();
        cluster.Run(TimeSpan.FromSeconds(2));
        foreach (var gone in cluster.Members.Skip(1).ToList())
        {
            var leader = cluster.Leader();
            cluster.AwaitOk(leader, leader.Call((node, id) => node.TryChangeMembership(id, Remove(gone.Id))));
            cluster.Until(() => gone.Status.IsRemoved, "the removed member's knowledge");
            gone.Kill();
        }

        cluster.AwaitOk(first, first.Put("end", "1"));
    }

    /// <summary>C5: a learner gets everything, votes nothing, and is promoted when it has caught up.</summary>
    [Fact]
    public void Learner_IsPromotedWhenCaughtUp()
    {
        var cluster = Published(3, seed: 3);
        var leader = cluster.Leader();
        var (id, _) = Add(cluster, leader, "m9", MembershipRequestKind.AddLearner);
        Assert.Equal(EtcdErrors.LearnerNotReady, Promote(cluster, leader, id));
        Assert.Equal(EtcdErrors.TooManyLearners, Try(cluster, leader, "m7", MembershipRequestKind.AddLearner));
        var learner = cluster.Join(id, "m9");
        cluster.Until(() => learner.Status.IsPublished, "publication");
        Assert.True(learner.Status.IsLearner);
        var follower = cluster.Members.First(member => member != leader && member != learner);
        Assert.Equal(EtcdErrors.NotLeader, Promote(cluster, follower, id));
        cluster.UntilConverged();
        cluster.Run(TimeSpan.FromSeconds(1));
        Assert.Null(Promote(cluster, leader, id));
        cluster.Until(() => !learner.Status.IsLearner, "promotion");
        Assert.Equal(EtcdErrors.MemberNotLearner, Promote(cluster, leader, id));
    }

    /// <summary>R20: the leader removes itself; the others go on.</summary>
    [Fact]
    public void LeaderRemovesItself_OthersElectAnother()
    {
        var cluster = Published(3, seed: 4);
        var leader = cluster.Leader();
        cluster.AwaitOk(leader, leader.Call((node, id) => node.TryChangeMembership(id, Remove(leader.Id))));
        cluster.Until(() => leader.Status.IsRemoved, "its removal");
        leader.Kill();
        var next = cluster.Leader();
        cluster.AwaitOk(next, next.Put("a", "1"));
        Assert.Equal(2, next.Status.Members.Count);
    }

    /// <summary>R-16: it hears that the others' disks know of its removal, hands over, and is needed no more.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void LeaderRemovesItself_LeavesWhenTheOthersKnow(int members)
    {
        var cluster = Published(members, seed: 19);
        var leader = cluster.Leader();
        cluster.AwaitOk(leader, leader.Call((node, id) => node.TryChangeMembership(id, Remove(leader.Id))));
        cluster.Until(() => leader.Status.IsRemoved, "its removal");
        cluster.Until(() => !leader.Status.IsLeader, "its leave");
        Assert.False(leader.Status.IsLeaving);
        var other = cluster.Members.First(member => member != leader);
        cluster.AwaitOk(other, other.Put("a", "1"));
    }

    /// <summary>C7: two members that may each be removed, but not both: whoever was asked, the second is judged after the first.</summary>
    [Fact]
    public void RemovalsAtOnceAtTwoFollowers_TheSecondIsJudgedByTheLeader()
    {
        var cluster = Published(4, seed: 20);
        var leader = cluster.Leader();
        var others = cluster.Members.Where(member => member != leader).ToList();
        var (a, b, down) = (others[0], others[1], others[2]);
        down.Kill();
        cluster.Run(TimeSpan.FromSeconds(3));
        HashSet<MemberId> active = [leader.Id, a.Id, b.Id];
        a.Call((node, id) => node.TryChangeMembership(id, Remove(b.Id) with { Active = active }));
        b.Call((node, id) => node.TryChangeMembership(id, Remove(a.Id) with { Active = active }));
        cluster.Until(() => leader.Status.Members.Count < 4, "one removal");
        cluster.Run(TimeSpan.FromSeconds(3));
        Assert.Equal(3, leader.Status.Members.Count);
        cluster.AwaitOk(leader, leader.Put("a", "1"));
    }

    /// <summary>C1, C2: a member removed while it was away is told so when it comes back with its old data, and disturbs nobody.</summary>
    [Fact]
    public void RemovedWhileAway_IsTold()
    {
        var cluster = Published(3, seed: 5);
        var leader = cluster.Leader();
        var away = cluster.Members.First(member => member != leader);
        away.Kill();
        cluster.Run(TimeSpan.FromSeconds(3));
        cluster.AwaitOk(leader, leader.Call((node, id) => node.TryChangeMembership(id, Remove(away.Id))));
        var term = leader.Status.Term;
        away.Start();
        cluster.Until(() => away.Status.IsRemoved, "the removed member's knowledge");
        Assert.Equal(EtcdErrors.Stopped, cluster.Await(away, away.Put("a", "1")).Error);
        Assert.Equal(term, leader.Status.Term);
        Assert.Equal(
            EtcdErrors.MemberNotFound,
            cluster.Await(leader, leader.Call((node, id) => node.TryChangeMembership(id, Remove(away.Id)))).Error);
    }

    /// <summary>
    /// C1: a member whose own store says that it was removed knows it when it starts. It cannot campaign any more, so nobody would
    /// answer it, and those it served with may take their time to send it away.
    /// </summary>
    [Fact]
    public void RemovedAndFlushed_KnowsItAtItsStart()
    {
        var cluster = Published(3, seed: 6, options => options with { FlushInterval = TimeSpan.FromSeconds(1) });
        var leader = cluster.Leader();
        var gone = cluster.Members.First(member => member != leader);
        cluster.AwaitOk(leader, leader.Call((node, id) => node.TryChangeMembership(id, Remove(gone.Id))));
        cluster.Until(() => gone.Status.IsRemoved, "the removed member's knowledge");
        cluster.Run(TimeSpan.FromSeconds(3));
        gone.Kill();
        gone.Start();
        Assert.True(gone.Status.IsRemoved);
        Assert.Equal(EtcdErrors.Stopped, cluster.Await(gone, gone.Put("a", "1")).Error);
    }

    [Fact]
    public void Update_ChangesAddresses_AndRefusesTakenOnes()
    {
        var cluster = Published(3, seed: 6);
        var follower = cluster.Members.First(member => !member.Status.IsLeader);
        var update = new MembershipRequest { Kind = MembershipRequestKind.Update, Member = follower.Id, PeerUrls = ["http://new:2380"] };
        cluster.AwaitOk(follower, follower.Call((node, id) => node.TryChangeMembership(id, update)));
        cluster.UntilConverged();
        Assert.All(cluster.Members, member => Assert.Equal(["http://new:2380"], member.Status.Members.Single(info => info.Id == follower.Id).PeerUrls));
        var taken = update with { Member = cluster.Members.First(member => member != follower).Id };
        Assert.Equal(EtcdErrors.PeerUrlExists, cluster.Await(follower, follower.Call((node, id) => node.TryChangeMembership(id, taken))).Error);
    }

    /// <summary>R14: changes asked for at once are carried out one after the other.</summary>
    [Fact]
    public void ChangesAtOnce_AreMadeInTurn()
    {
        var cluster = Published(3, seed: 7, options => options with { LearnersMax = 3 });
        var leader = cluster.Leader();
        var requests = Enumerable.Range(0, 3).Select(i => leader.Call((node, id) => node.TryChangeMembership(id, Request("m" + (7 + i), MembershipRequestKind.AddLearner)))).ToList();
        foreach (var request in requests)
            cluster.AwaitOk(leader, request);
        cluster.Until(() => leader.Status.Members.Count == 6, "six members");
    }

    /// <summary>R14: a leader that has a change under way keeps what a follower forwards until it can take it.</summary>
    [Fact]
    public void ChangesAtOnceAtAFollower_AreMadeInTurn()
    {
        var cluster = Published(3, seed: 17, options => options with { LearnersMax = 3, StrictReconfigCheck = false });
        var follower = cluster.Members.First(member => !member.Status.IsLeader);
        var requests = Enumerable.Range(0, 3).Select(i =>
            follower.Call((node, id) => node.TryChangeMembership(id, Request("m" + (7 + i), MembershipRequestKind.AddLearner)))).ToList();
        var refused = follower.Call((node, id) => node.TryChangeMembership(id, Request("m8", MembershipRequestKind.AddLearner)));
        foreach (var request in requests)
            cluster.AwaitOk(follower, request);
        Assert.Equal(EtcdErrors.PeerUrlExists, cluster.Await(follower, refused).Error);
        Assert.Equal(6, follower.Status.Members.Count);
    }

    /// <summary>What was asked for while another change was under way is judged by what that one made of the cluster.</summary>
    [Fact]
    public void ChangeThatWaited_IsJudgedWhenItsTurnComes()
    {
        var cluster = Published(3, seed: 18);
        var leader = cluster.Leader();
        var old = cluster.Members.First(member => member != leader);
        var added = Request("m9", MembershipRequestKind.AddLearner) with { Replaces = old.Id };
        cluster.AwaitOk(leader, leader.Call((node, id) => node.TryChangeMembership(id, added)));
        var learner = cluster.Join(added.Member, "m9");
        cluster.Until(() => learner.Status.IsPublished, "publication");
        cluster.UntilConverged();
        cluster.Run(TimeSpan.FromSeconds(1));
        var removal = leader.Call((node, id) => node.TryChangeMembership(id, Remove(old.Id)));
        var promotion = leader.Call((node, id) => node.TryChangeMembership(
            id, new MembershipRequest { Kind = MembershipRequestKind.Promote, Member = added.Member }));
        var again = leader.Call((node, id) => node.TryChangeMembership(
            id, new MembershipRequest { Kind = MembershipRequestKind.Promote, Member = added.Member }));
        cluster.AwaitOk(leader, removal);
        cluster.AwaitOk(leader, promotion);
        Assert.Equal(EtcdErrors.MemberNotLearner, cluster.Await(leader, again).Error);
        cluster.Until(() => !learner.Status.IsLearner, "the promotion");
    }

    /// <summary>C6: a promotion survives the loss of power of everybody.</summary>
    [Fact]
    public void Membership_SurvivesLossOfPower()
    {
        var cluster = Published(1, seed: 8, options => options with { FlushAfterEntries = 2 });
        var (id, _) = Add(cluster, cluster.Leader(), "m9", MembershipRequestKind.AddLearner);
        var learner = cluster.Join(id, "m9");
        cluster.Until(() => learner.Status.IsPublished, "publication");
        cluster.Run(TimeSpan.FromSeconds(1));
        Assert.Null(Promote(cluster, cluster.Leader(), id));
        foreach (var member in cluster.Members)
            member.LosePower();
        foreach (var member in cluster.Members)
            member.Start();
        var leader = cluster.Leader();
        cluster.AwaitOk(leader, leader.Put("a", "1"));
        // The put was applied after the promotion; the status follows when the Consensus lane hears of it.
        cluster.Until(() => leader.Status.Members.All(member => !member.IsLearner), "the promoted member in the status");
    }

    private static TestCluster Published(int members, ulong seed, Func<NodeOptions, NodeOptions>? configure = null)
    {
        var cluster = TestCluster.Found(members, seed, configure);
        cluster.Until(() => cluster.Members.All(member => member.Node is not null && member.Status.IsPublished), "publication");
        cluster.UntilConverged();
        cluster.Run(TimeSpan.FromSeconds(1));
        return cluster;
    }

    private static MembershipRequest Request(string name, MembershipRequestKind kind) => new()
    {
        Kind = kind, Member = MemberIdentity.OfAdded([$"http://{name}:2380"], 1), PeerUrls = [$"http://{name}:2380"],
    };

    private static MembershipRequest Remove(MemberId member) => new() { Kind = MembershipRequestKind.Remove, Member = member };

    private static (MemberId Id, StateMachine.Reply Reply) Add(TestCluster cluster, TestMember member, string name, MembershipRequestKind kind)
    {
        var request = Request(name, kind);
        return (request.Member, cluster.AwaitOk(member, member.Call((node, id) => node.TryChangeMembership(id, request))));
    }

    private static EtcdError? Try(TestCluster cluster, TestMember member, string name, MembershipRequestKind kind) =>
        cluster.Await(member, member.Call((node, id) => node.TryChangeMembership(id, Request(name, kind)))).Error;

    private static EtcdError? Promote(TestCluster cluster, TestMember member, MemberId learner) =>
        cluster.Await(member, member.Call((node, id) => node.TryChangeMembership(
            id, new MembershipRequest { Kind = MembershipRequestKind.Promote, Member = learner }))).Error;

    /// <summary>A linearizable MemberList: who has the answer to a change, and then that of a read, sees the change.</summary>
    [Fact]
    public void Status_WhenAReadAfterAChangeIsAnswered_ShowsTheChange()
    {
        var cluster = TestCluster.Found(1, seed: 12);
        var member = cluster.Leader();
        cluster.Until(() => member.Status.IsPublished, "publication");
        var change = new MembershipRequest { Kind = MembershipRequestKind.AddLearner, Member = new MemberId(9), PeerUrls = ["http://m9:2380"] };
        RequestId add = default, read = default;
        var shown = 0;
        // As the fastest of all clients: it goes on at the very moment of the answer.
        member.Answers.Completed = request =>
        {
            if (request == add)
                Assert.True(member.Node!.TryRead(read = member.NextRequest()));
            else if (request == read)
                shown = member.Status.Members.Count;
        };
        add = member.Call((node, id) => node.TryChangeMembership(id, change));
        cluster.AwaitOk(member, add);
        cluster.AwaitOk(member, read);
        Assert.Equal(2, shown);
    }
}
