using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine;
using Google.Protobuf;

namespace KvStore.Node.Tests.Cluster;

public sealed class LeaseTests
{
    private const long Lease = 77;

    [Fact]
    public void Lease_ExpiresAfterItsTime_AndTakesItsKeysAlong()
    {
        var cluster = TestCluster.Found(3, seed: 1);
        var leader = cluster.Leader();
        Grant(cluster, leader, ttl: 5);
        cluster.AwaitOk(leader, leader.Put("a", "1", Lease));
        var granted = cluster.World.Now;
        cluster.Run(TimeSpan.FromSeconds(4.9));
        Assert.Equal("1", leader.Get("a"));
        cluster.Until(() => cluster.Members.All(member => member.Get("a") is null), "expiry");
        Assert.True(cluster.World.Now - granted < TimeSpan.FromSeconds(7));
        Assert.Equal(0, KeepAlive(cluster, leader).TTL);
        Assert.Equal(-1, TimeToLive(cluster, leader).TTL);
    }

    [Fact]
    public void KeepAlive_KeepsIt_AndOnlyTheLeaderAnswers()
    {
        var cluster = TestCluster.Found(3, seed: 2);
        var leader = cluster.Leader();
        Grant(cluster, leader, ttl: 5);
        cluster.AwaitOk(leader, leader.Put("a", "1", Lease));
        for (var i = 0; i < 10; i++)
        {
            cluster.Run(TimeSpan.FromSeconds(3));
            Assert.Equal(5, KeepAlive(cluster, leader).TTL);
        }

        var left = TimeToLive(cluster, leader);
        Assert.Equal((5L, "a"), (left.GrantedTTL, left.Keys.Single().ToStringUtf8()));
        Assert.InRange(left.TTL, 4, 5);
        var follower = cluster.Members.First(member => member != leader);
        Assert.Equal(EtcdErrors.NotLeader, cluster.Await(follower, follower.Call(static (node, id) => node.TryRenew(id, new LeaseId(Lease)))).Error);
        var leases = LeaseLeasesResponse.Parser.ParseFrom(cluster.AwaitOk(follower, follower.Call(static (node, id) => node.TryListLeases(id))).Body.Span);
        Assert.Equal(Lease, leases.Leases.Single().ID);
    }

    /// <summary>L1, L2, L5: the leader is stopped past its lease's end and deposed. The new one starts the time again; the revokes of the old one go nowhere.</summary>
    [Fact]
    public void DeposedLeader_RevokesNothing()
    {
        for (var seed = 1UL; seed <= 10; seed++)
        {
            var cluster = TestCluster.Found(3, 20 + seed);
            var old = cluster.Leader();
            Grant(cluster, old, ttl: 5);
            cluster.AwaitOk(old, old.Put("a", "1", Lease));
            old.Process.Pause(TimeSpan.FromSeconds(8));
            var others = cluster.Members.Where(member => member != old).ToList();
            cluster.Until(() => others.Any(member => member.Status.IsLeader), "another leader");
            var leader = others.First(member => member.Status.IsLeader);
            cluster.Until(() => KeepAliveOrNull(cluster, leader) is { TTL: 5 }, "a keep-alive at the new leader");
            for (var i = 0; i < 6; i++)
            {
                cluster.Run(TimeSpan.FromSeconds(2));
                Assert.Equal(5, KeepAlive(cluster, leader).TTL);
                Assert.Equal("1", leader.Get("a"));
            }
        }
    }

    /// <summary>L3: a leader that is cut off acknowledges no keep-alive.</summary>
    [Fact]
    public void KeepAlive_OnACutOffLeader_Fails()
    {
        var cluster = TestCluster.Found(3, seed: 3);
        var old = cluster.Leader();
        Grant(cluster, old, ttl: 60);
        cluster.Isolate(old);
        var reply = cluster.Await(old, old.Call(static (node, id) => node.TryRenew(id, new LeaseId(Lease))));
        Assert.Contains(reply.Error, new[] { EtcdErrors.LeaderChanged, EtcdErrors.Timeout, EtcdErrors.NotLeader });
    }

    /// <summary>L4: a lease whose revoke is committed is not renewed, whatever the order of the calls.</summary>
    [Fact]
    public void KeepAlive_AfterARevoke_SaysGone()
    {
        var cluster = TestCluster.Found(3, seed: 4);
        var leader = cluster.Leader();
        Grant(cluster, leader, ttl: 60);
        var follower = cluster.Members.First(member => member != leader);
        cluster.AwaitOk(follower, follower.Propose(CommandKind.LeaseRevoke, new LeaseRevokeRequest { ID = Lease }.ToByteArray()));
        Assert.Equal(0, KeepAlive(cluster, leader).TTL);
    }

    /// <summary>L5: leader after leader, restart after restart: the lease lives while it is kept, and ends when it is not.</summary>
    [Fact]
    public void Lease_SurvivesLeadersAndRestarts()
    {
        var cluster = TestCluster.Found(3, seed: 5);
        Grant(cluster, cluster.Leader(), ttl: 4);
        for (var i = 0; i < 4; i++)
        {
            var leader = cluster.Leader();
            cluster.Until(() => KeepAliveOrNull(cluster, leader) is { TTL: 4 }, "a keep-alive");
            leader.LosePower();
            var next = cluster.Leader();
            cluster.Until(() => KeepAliveOrNull(cluster, next) is { TTL: 4 }, "a keep-alive at the next leader");
            leader.Start();
            cluster.UntilConverged();
        }

        cluster.Run(TimeSpan.FromSeconds(8));
        Assert.Equal(-1, TimeToLive(cluster, cluster.Leader()).TTL);
    }

    /// <summary>L10 in small: many leases end in one second; all go as fast as they are applied, not a slice a tick, and the leader keeps leading.</summary>
    [Fact]
    public void ManyLeasesAtOnce_AllGo_UnderTheSameLeader()
    {
        var cluster = TestCluster.Found(3, seed: 6, options => options with { RevokesAtOnceMax = 10 });
        var leader = cluster.Leader();
        RequestId last = default;
        for (var i = 1; i <= 2000; i++)
            last = leader.Propose(CommandKind.LeaseGrant, new LeaseGrantRequest { ID = i, TTL = 3 }.ToByteArray());
        cluster.AwaitOk(leader, last);
        var term = leader.Status.Term;
        cluster.Run(TimeSpan.FromSeconds(7));
        var leases = LeaseLeasesResponse.Parser.ParseFrom(cluster.AwaitOk(leader, leader.Call(static (node, id) => node.TryListLeases(id))).Body.Span);
        Assert.Empty(leases.Leases);
        Assert.Equal(term, leader.Status.Term);
    }

    /// <summary>L5: a keep-alive that is handled after a stall, before the tick that tells of it, counts from when it came.</summary>
    [Fact]
    public void KeepAlive_BeforeTheTickAfterAStall_CountsInFull()
    {
        for (var seed = 1UL; seed <= 20; seed++)
        {
            var cluster = TestCluster.Found(1, 60 + seed);
            var member = cluster.Leader();
            Grant(cluster, member, ttl: 10);
            cluster.AwaitOk(member, member.Put("a", "1", Lease));
            cluster.Run(TimeSpan.FromSeconds(1));
            // Two in a row: the tick that waits for the end of the first goes behind the call that waits for that of the second.
            member.Process.Pause(TimeSpan.FromSeconds(3));
            cluster.Run(TimeSpan.FromSeconds(2.9));
            member.Process.Pause(TimeSpan.FromSeconds(3));
            var asked = cluster.World.Now;
            var kept = member.Call(static (node, id) => node.TryRenew(id, new LeaseId(Lease)));
            Assert.Equal(10, LeaseKeepAliveResponse.Parser.ParseFrom(cluster.AwaitOk(member, kept).Body.Span).TTL);
            cluster.Run(asked + TimeSpan.FromSeconds(9.7) - cluster.World.Now);
            Assert.Equal("1", member.Get("a"));
        }
    }

    private static void Grant(TestCluster cluster, TestMember member, long ttl) =>
        cluster.AwaitOk(member, member.Propose(CommandKind.LeaseGrant, new LeaseGrantRequest { ID = Lease, TTL = ttl }.ToByteArray()));

    private static LeaseKeepAliveResponse KeepAlive(TestCluster cluster, TestMember member)
    {
        var reply = cluster.AwaitOk(member, member.Call(static (node, id) => node.TryRenew(id, new LeaseId(Lease))));
        return LeaseKeepAliveResponse.Parser.ParseFrom(reply.Body.Span);
    }

    private static LeaseKeepAliveResponse? KeepAliveOrNull(TestCluster cluster, TestMember member)
    {
        var reply = cluster.Await(member, member.Call(static (node, id) => node.TryRenew(id, new LeaseId(Lease))));
        return reply.Error is null ? LeaseKeepAliveResponse.Parser.ParseFrom(reply.Body.Span) : null;
    }

    private static LeaseTimeToLiveResponse TimeToLive(TestCluster cluster, TestMember member)
    {
        var reply = cluster.AwaitOk(member, member.Call(static (node, id) => node.TryTimeToLive(id, new LeaseId(Lease), withKeys: true)));
        return LeaseTimeToLiveResponse.Parser.ParseFrom(reply.Body.Span);
    }
}
