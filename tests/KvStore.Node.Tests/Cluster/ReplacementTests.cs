using KvStore.Node.Bootstrap;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.StateMachine;

namespace KvStore.Node.Tests.Cluster;

/// <summary>
/// A learner that the leader promotes by itself, alone or in a voter's place. Nobody asks a second time here: what a command began goes
/// on without it.
/// </summary>
public sealed class ReplacementTests
{
    [Fact]
    public void AutoPromoted_Learner_BecomesAVoterWhenItHasCaughtUp()
    {
        var cluster = Published(3, seed: 1);
        var id = Add(cluster, cluster.Leader(), replaces: MemberId.None);
        cluster.Run(TimeSpan.FromSeconds(5));
        Assert.True(cluster.Leader().Status.Members.Single(member => member.Id == id).IsLearner, "C5: it has not started");
        var joined = cluster.Join(id, "m9");
        UntilMembers(cluster, [.. cluster.Members.Select(member => member.Id)]);
        Assert.False(joined.Status.IsLearner);
    }

    /// <summary>The one that is replaced leads, follows, or is dead.</summary>
    [Theory]
    [InlineData("leader", 2)]
    [InlineData("follower", 3)]
    [InlineData("dead", 4)]
    public void Replaced_GoesInTheSameChange(string whom, ulong seed)
    {
        var cluster = Published(3, seed);
        var leader = cluster.Leader();
        var old = whom == "leader" ? leader : cluster.Members.First(member => member != leader);
        if (whom == "dead")
            old.Kill();
        var id = Add(cluster, leader, old.Id);
        var rest = cluster.Members.Where(member => member != old).Select(member => member.Id).ToList();
        var joined = cluster.Join(id, "m9");
        var votersMin = int.MaxValue;
        cluster.World.RunUntil(
            () =>
            {
                if (cluster.Alive.FirstOrDefault(member => member.Status.IsLeader) is { } now)
                    votersMin = Math.Min(votersMin, now.Status.Members.Count(static member => !member.IsLearner));
                return cluster.Alive.All(member => Ids(member.Status).SequenceEqual(rest.Append(id).Order()) || member.Status.IsRemoved);
            },
            TestCluster.Patience);
        UntilMembers(cluster, [.. rest, id]);
        Assert.Equal(3, votersMin);
        Assert.Equal((false, old.Id), (joined.Status.IsLearner, joined.Status.Members.Single(member => member.Id == id).Replaces));
        if (whom != "dead")
            cluster.Until(() => old.Status.IsRemoved, "the replaced one's knowledge (C1)");
        var next = cluster.Leader();
        Assert.NotEqual(old, next);
        cluster.AwaitOk(next, next.Put("after", "1"));
    }

    /// <summary>Writes through a follower go on while the leader is replaced: it hands over first, so they wait no longer than an election.</summary>
    [Fact]
    public void ReplacedLeader_WritesPauseNoLongerThanAnElection()
    {
        var cluster = Published(3, seed: 5);
        var old = cluster.Leader();
        var follower = cluster.Members.First(member => member != old);
        var id = Add(cluster, old, old.Id);
        cluster.Join(id, "m9");
        var longest = TimeSpan.Zero;
        for (var i = 0; !old.Status.IsRemoved; i++)
        {
            var began = cluster.World.Now;
            cluster.AwaitOk(follower, follower.Put("k" + i, "v"));
            longest = longest > cluster.World.Now - began ? longest : cluster.World.Now - began;
        }

        Assert.True(longest < TimeSpan.FromSeconds(1), $"a write took {longest}");
        Assert.Contains(old.Traced, traced => traced.Kind == TraceKind.LeadershipTransferStarted);
    }

    /// <summary>All lose their power in the middle of the joint change, whatever of it was flushed: it goes on from there.</summary>
    [Theory]
    [InlineData(6, 1)]
    [InlineData(7, 1)]
    [InlineData(8, 100_000)]
    [InlineData(9, 100_000)]
    public void PowerLostInTheMiddle_ItIsFinished(ulong seed, int flushAfterEntries)
    {
        var cluster = Published(3, seed, options => options with { FlushAfterEntries = (ulong)flushAfterEntries });
        var leader = cluster.Leader();
        var old = cluster.Members.First(member => member != leader);
        var id = Add(cluster, leader, old.Id);
        cluster.Join(id, "m9");
        cluster.Until(() => cluster.Members.Any(member => member.Status.Members.Any(static info => info.Stage != MemberStage.Settled)), "the joint membership");
        foreach (var member in cluster.Members)
            member.LosePower();
        foreach (var member in cluster.Members)
            member.Start();
        UntilMembers(cluster, [.. cluster.Members.Where(member => member != old).Select(member => member.Id)]);
        Assert.DoesNotContain(cluster.Leader().Status.Members, static member => member.IsLearner || member.Stage != MemberStage.Settled);
    }

    /// <summary>A member that was away for the joint change gets a snapshot of its middle, and then its end.</summary>
    [Fact]
    public void SnapshotInTheMiddle_CarriesBothSetsOfVoters()
    {
        var cluster = Published(3, seed: 10, options => options with { CatchUpEntries = 1, CompactLogEvery = 1, FlushAfterEntries = 1 });
        var leader = cluster.Leader();
        var others = cluster.Members.Where(member => member != leader).ToList();
        cluster.Isolate(others[1]);
        for (var i = 0; i < 20; i++)
            cluster.AwaitOk(leader, leader.Put("k" + i, "v"));
        var id = Add(cluster, leader, others[0].Id);
        var joined = cluster.Join(id, "m9");
        cluster.Until(() => leader.Status.Members.Any(static info => info.Stage != MemberStage.Settled), "the joint membership");
        // The incoming voters are without a majority until the one that was away is back: the change waits for it in its middle.
        cluster.Network.Heal();
        cluster.Isolate(joined);
        cluster.Until(() => others[1].Status.Members.Any(info => info.Id == others[0].Id && info.Stage == MemberStage.Leaving), "the middle, there");
        Assert.Contains(others[1].Traced, static traced => traced.Kind == TraceKind.SnapshotInstalled);
        cluster.Network.Heal();
        UntilMembers(cluster, [leader.Id, others[1].Id, id]);
        cluster.Until(() => others[0].Status.IsRemoved, "the replaced one's knowledge");
    }

    /// <summary>Whoever promotes the learner, and with whatever rpc: the voter it replaces goes with the same change.</summary>
    [Fact]
    public void PromotedByHand_ReplacesToo()
    {
        var cluster = Published(3, seed: 11, options => options with { AutoPromoteLagEntriesMax = 0, PromotePercent = 1 });
        var leader = cluster.Leader();
        var old = cluster.Members.First(member => member != leader);
        var id = Add(cluster, leader, old.Id);
        cluster.Join(id, "m9");
        cluster.Until(() => cluster.Members[3].Status.IsPublished, "publication");
        cluster.Run(TimeSpan.FromSeconds(1));
        var reply = cluster.Await(leader, leader.Call((node, request) => node.TryChangeMembership(
            request, new MembershipRequest { Kind = MembershipRequestKind.Promote, Member = id })));
        Assert.True(reply.Error is null || reply.Error == EtcdErrors.MemberNotLearner, "asked for in time, or the leader was faster");
        UntilMembers(cluster, [.. cluster.Members.Where(member => member != old).Select(member => member.Id)]);
    }

    /// <summary>The voter is removed by hand before its successor has caught up: then that one is only promoted.</summary>
    [Fact]
    public void ReplacedRemovedByHand_LearnerIsPromotedAlone()
    {
        var cluster = Published(3, seed: 12);
        var leader = cluster.Leader();
        var old = cluster.Members.First(member => member != leader);
        var id = Add(cluster, leader, old.Id);
        cluster.AwaitOk(leader, leader.Call((node, request) => node.TryChangeMembership(
            request, new MembershipRequest { Kind = MembershipRequestKind.Remove, Member = old.Id })));
        cluster.Join(id, "m9");
        UntilMembers(cluster, [.. cluster.Members.Where(member => member != old).Select(member => member.Id)]);
    }

    /// <summary>A learner that an operator added before is taken for it.</summary>
    [Fact]
    public void AdoptedLearner_Replaces()
    {
        var cluster = Published(3, seed: 13);
        var leader = cluster.Leader();
        var old = cluster.Members.First(member => member != leader);
        var id = Add(cluster, leader, replaces: MemberId.None, autoPromote: false);
        var joined = cluster.Join(id, "m9");
        cluster.Until(() => joined.Status.IsPublished, "publication");
        cluster.Run(TimeSpan.FromSeconds(5));
        Assert.True(joined.Status.IsLearner, "nobody asked for its promotion");
        cluster.AwaitOk(leader, leader.Call((node, request) => node.TryChangeMembership(
            request, new MembershipRequest { Kind = MembershipRequestKind.Adopt, Member = id, AutoPromote = true, Replaces = old.Id })));
        UntilMembers(cluster, [.. cluster.Members.Where(member => member != old).Select(member => member.Id)]);
    }

    private static TestCluster Published(int members, ulong seed, Func<NodeOptions, NodeOptions>? configure = null)
    {
        var cluster = TestCluster.Found(members, seed, configure);
        cluster.Until(() => cluster.Members.All(member => member.Node is not null && member.Status.IsPublished), "publication");
        cluster.UntilConverged();
        cluster.Run(TimeSpan.FromSeconds(1));
        return cluster;
    }

    private static MemberId Add(TestCluster cluster, TestMember leader, MemberId replaces, bool autoPromote = true)
    {
        var request = new MembershipRequest
        {
            Kind = MembershipRequestKind.AddLearner, Member = MemberIdentity.OfAdded(["http://m9:2380"], 1), PeerUrls = ["http://m9:2380"],
            AutoPromote = autoPromote, Replaces = replaces,
        };
        cluster.AwaitOk(leader, leader.Call((node, id) => node.TryChangeMembership(id, request)));
        return request.Member;
    }

    private static void UntilMembers(TestCluster cluster, IReadOnlyList<MemberId> voters) => cluster.Until(
        () => cluster.Alive.Where(member => !member.Status.IsRemoved).All(
            member => Ids(member.Status).SequenceEqual(voters.Order())
                && member.Status.Members.All(static info => !info.IsLearner && info.Stage == MemberStage.Settled)),
        "the new membership, known to all");

    private static IEnumerable<MemberId> Ids(NodeStatus status) => status.Members.Select(static member => member.Id);
}
