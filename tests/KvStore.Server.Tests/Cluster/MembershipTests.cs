using KvStore.Grpc;
using KvStore.Protocol.Etcd;

namespace KvStore.Server.Tests.Cluster;

/// <summary>Members that come, fall behind, lose their disk and go.</summary>
public sealed class MembershipTests
{
    /// <summary>A short log, so that whoever is away for a moment needs a snapshot.</summary>
    private static readonly string[] ShortLog = ["--snapshot-count", "200", "--snapshot-catchup-entries", "100"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task FollowerFarBehind_ComesBackBySnapshotUnderLoad()
    {
        using var cluster = await TlsCluster.StartAsync(3, ShortLog);
        using var channel = cluster.Connect(cluster.Members);
        using var load = new PutLoad(channel, writers: 50, putsPerSecond: 1000);
        load.Start();
        await load.UntilAcknowledgedAsync(500, Patience);
        var leader = await cluster.LeaderAsync();
        var follower = cluster.Members.First(member => member != leader);
        await follower.KillAsync();
        await load.UntilAcknowledgedAsync(2000, Patience);
        follower.Start();
        await follower.UntilReadyAsync();
        await follower.UntilLoggedAsync("installed a snapshot");
        await load.UntilAcknowledgedAsync(1000, Patience);
        await load.StopAsync();
        await cluster.AssertHoldsAsync(load.Acknowledged);
    }

    /// <summary>Only the leader knows how far a learner is; a member that is asked instead asks it.</summary>
    [Fact]
    public async Task Learner_PromotedThroughAFollower_IsAVoter()
    {
        using var cluster = await TlsCluster.StartAsync(3);
        using var channel = cluster.Connect(cluster.Members);
        var joiner = await cluster.MakeJoinerAsync();
        var url = $"https://127.0.0.1:{joiner.PeerPort}";
        var added = await channel.UnaryAsync("/etcdserverpb.Cluster/MemberAdd", new MemberAddRequest { PeerURLs = { url }, IsLearner = true }, MemberAddResponse.Parser);
        var leader = await cluster.LeaderAsync();
        using var follower = cluster.Connect(cluster.Members.First(member => member != leader && member != joiner));
        var promote = new MemberPromoteRequest { ID = added.Member.ID };
        var tooEarly = await Assert.ThrowsAsync<GrpcException>(() =>
            follower.UnaryAsync("/etcdserverpb.Cluster/MemberPromote", promote, MemberPromoteResponse.Parser));
        Assert.Equal("etcdserver: can only promote a learner member which is in sync with leader", tooEarly.Status.Message);

        joiner.Start();
        await joiner.UntilReadyAsync();
        var promoted = await follower.UnaryAsync("/etcdserverpb.Cluster/MemberPromote", promote, MemberPromoteResponse.Parser);
        Assert.False(promoted.Members.Single(member => member.ID == added.Member.ID).IsLearner);
        Assert.All((await channel.MembersAsync()).Members, member => Assert.False(member.IsLearner));
    }

    [Fact]
    public async Task MemberAdded_CatchesUpBySnapshotAndEndsWhenRemoved()
    {
        using var cluster = await TlsCluster.StartAsync(3, ShortLog);
        using var channel = cluster.Connect(cluster.Members);
        using var load = new PutLoad(channel, writers: 50, putsPerSecond: 1000);
        load.Start();
        await load.UntilAcknowledgedAsync(1500, Patience);

        // A member that nobody added is told so.
        var joiner = await cluster.MakeJoinerAsync(ShortLog);
        joiner.Start();
        await joiner.Process.WaitForExitAsync(Patience);
        Assert.Equal(1, joiner.Process.ExitCode);
        Assert.Contains("member count is unequal", joiner.Process.Errors, StringComparison.Ordinal);

        var url = $"https://127.0.0.1:{joiner.PeerPort}";
        var added = await channel.UnaryAsync("/etcdserverpb.Cluster/MemberAdd", new MemberAddRequest { PeerURLs = { url } }, MemberAddResponse.Parser);
        joiner.Start();
        await joiner.UntilReadyAsync();
        await joiner.UntilLoggedAsync("installed a snapshot");
        var listed = (await channel.MembersAsync()).Members.Single(member => member.ID == added.Member.ID);
        Assert.Equal(("m4", $"https://127.0.0.1:{joiner.ClientPort}"), (listed.Name, listed.ClientURLs.Single()));
        await load.UntilAcknowledgedAsync(500, Patience);
        await load.StopAsync();
        await cluster.AssertHoldsAsync(load.Acknowledged);

        // What it was is in its log: a restart asks nobody.
        await joiner.KillAsync();
        joiner.Start();
        await joiner.UntilReadyAsync();
        await channel.UnaryAsync("/etcdserverpb.Cluster/MemberRemove", new MemberRemoveRequest { ID = added.Member.ID }, MemberRemoveResponse.Parser);
        await joiner.Process.WaitForExitAsync(Patience);
        Assert.Equal(0, joiner.Process.ExitCode);
        Assert.Contains("the member has been permanently removed from the cluster", joiner.Process.Errors, StringComparison.Ordinal);

        // C1: with its old data it is sent away again.
        joiner.Start();
        await joiner.Process.WaitForExitAsync(Patience);
        Assert.Contains("the member has been permanently removed from the cluster", joiner.Process.Errors, StringComparison.Ordinal);
        Assert.Equal(3, (await channel.MembersAsync()).Members.Count);
    }

    /// <summary>C8: it has forgotten its votes, so under its old id it must not vote.</summary>
    [Fact]
    public async Task MemberWhoseDiskIsEmpty_IsRefused()
    {
        using var cluster = await TlsCluster.StartAsync(3);
        var lost = cluster.Members[2];
        await lost.KillAsync();
        Directory.Delete(cluster.Folder("m3"), recursive: true);
        lost.Start();
        await lost.Process.WaitForExitAsync(Patience);
        Assert.Equal(1, lost.Process.ExitCode);
        Assert.Contains("has already been bootstrapped", lost.Process.Errors, StringComparison.Ordinal);
        using var channel = cluster.Connect(cluster.Members.Take(2));
        await channel.PutAsync("still", "there");
    }
}
