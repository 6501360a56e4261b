using KvStore.Grpc;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Memberships;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Cluster;

/// <summary>`kvctl member replace` and learners that are promoted by the leader, with processes over mutual TLS.</summary>
public sealed class MemberReplaceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// From the first words to the last, by name; repeated when it is done; and what it refuses. C1: the replaced one ends by itself.
    /// C5: while its learner is there, no other one is let in.
    /// </summary>
    [Fact]
    public async Task Replace_EndsWithThreeVoters_AndSaysSoAgain()
    {
        using var cluster = await TlsCluster.StartAsync(3);
        var old = cluster.Members[0];
        using var channel = cluster.Connect(cluster.Members.Skip(1));
        Assert.Equal((1, "Error: no member has the ID or name nobody\n"), await RefusedAsync(cluster, "nobody", "https://127.0.0.1:1"));
        Assert.Equal(
            (1, "Error: rpc error: code = FailedPrecondition desc = kvstore: the peer URLs belong to a voting member that replaces nobody of that id\n"),
            await RefusedAsync(cluster, old.Name, $"https://127.0.0.1:{cluster.Members[1].PeerPort}"));
        Assert.Equal((1, $"Error: member {old.Name} has these peer URLs itself\n"), await RefusedAsync(cluster, old.Name, $"https://127.0.0.1:{old.PeerPort}"));
        var joiner = await cluster.MakeJoinerAsync();
        var url = $"https://127.0.0.1:{joiner.PeerPort}";
        using (var command = ChildProcess.Start(Checkout.Ctl, [.. cluster.CtlFlags(), "member", "replace", old.Name, url, "--name", joiner.Name]))
        {
            await UntilAsync(() => command.Output.Contains("ETCD_INITIAL_CLUSTER_STATE=\"existing\"", StringComparison.Ordinal));
            Assert.Contains($"ETCD_NAME=\"{joiner.Name}\"", command.Output, StringComparison.Ordinal);
            Assert.Contains($"{joiner.Name}={url}", command.Output, StringComparison.Ordinal);
            Assert.Equal(
                (1, "Error: etcdserver: too many learner members in cluster\n"), await RefusedAsync(cluster, cluster.Members[1].Name, "https://127.0.0.1:1"));
            Assert.Equal(
                (1, "Error: rpc error: code = FailedPrecondition desc = kvstore: the member is being replaced by another one: remove that learner first\n"),
                await RefusedAsync(cluster, old.Name, "https://127.0.0.1:1"));
            joiner.Start();
            await command.WaitForExitAsync(Patience);
            Assert.Equal((0, ""), (command.ExitCode, command.Errors));
            Assert.Contains(" is replaced by ", command.Output, StringComparison.Ordinal);
        }

        var members = (await channel.MembersAsync()).Members;
        Assert.Equal(["m2", "m3", "m4"], members.Select(static member => member.Name).Order());
        Assert.DoesNotContain(members, static member => member.IsLearner);
        await old.Process.WaitForExitAsync(Patience);
        Assert.Equal(0, old.Process.ExitCode);
        cluster.Retire(old);
        var again = await ChildProcess.RunAsync(Checkout.Ctl, [.. cluster.CtlFlags(), "member", "replace", old.Name, url]);
        Assert.Equal((0, ""), (again.ExitCode, again.Errors));
        Assert.Contains(" is replaced by ", again.Output, StringComparison.Ordinal);
    }

    /// <summary>The command that adds it ends at once; the leader promotes it.</summary>
    [Fact]
    public async Task AddAutoPromote_BecomesAVoterByItself()
    {
        using var cluster = await TlsCluster.StartAsync(3);
        using var channel = cluster.Connect(cluster.Members);
        var joiner = await cluster.MakeJoinerAsync();
        string[] words = ["member", "add", joiner.Name, $"--peer-urls=https://127.0.0.1:{joiner.PeerPort}", "--auto-promote"];
        var lacksLearner = await ChildProcess.RunAsync(Checkout.Ctl, [.. cluster.CtlFlags(), .. words]);
        Assert.Equal((128, "Error: --auto-promote is for a learner: give --learner, too\n"), (lacksLearner.ExitCode, lacksLearner.Errors));
        var added = await ChildProcess.RunAsync(Checkout.Ctl, [.. cluster.CtlFlags(), .. words, "--learner"]);
        Assert.Equal((0, ""), (added.ExitCode, added.Errors));
        Assert.Contains("ETCD_INITIAL_CLUSTER_STATE=\"existing\"", added.Output, StringComparison.Ordinal);
        joiner.Start();
        await joiner.UntilReadyAsync();
        await UntilAsync(async () => (await channel.MembersAsync()).Members.Count(static member => !member.IsLearner) == 4);
        Assert.Contains((await channel.MembersAsync()).Members, member => member.Name == joiner.Name && !member.IsLearner);
    }

    /// <summary>Whichever member is asked, and however often: one learner, and the leader's word on how far it is.</summary>
    [Fact]
    public async Task Join_AskedOfEachMember_AddsOneLearner()
    {
        using var cluster = await TlsCluster.StartAsync(3);
        using var all = cluster.Connect(cluster.Members);
        var old = (await all.MembersAsync()).Members[0].ID;
        var ids = new HashSet<ulong>();
        foreach (var member in cluster.Members)
        {
            using var channel = cluster.Connect(member);
            var joined = await channel.UnaryAsync(
                "/kvstore.membership.Membership/Join", new JoinRequest { PeerUrls = { "https://127.0.0.1:1" }, Replaces = old }, JoinResponse.Parser);
            ids.Add(joined.Member.ID);
            Assert.Equal(4, joined.Members.Count);
            var seen = await channel.UnaryAsync("/kvstore.membership.Membership/Progress", new ProgressRequest(), ProgressResponse.Parser);
            var learner = seen.Members.Single(static progress => progress.Member.IsLearner);
            Assert.Equal((true, old, 0UL, false), (learner.AutoPromote, learner.Replaces, learner.MatchIndex, learner.Changing));
            Assert.True(seen.Members.Where(static progress => !progress.Member.IsLearner).All(static progress => progress.Active));
        }

        var taken = await Assert.ThrowsAsync<GrpcException>(() => all.UnaryAsync(
            "/kvstore.membership.Membership/Join",
            new JoinRequest { PeerUrls = { $"https://127.0.0.1:{cluster.Members[1].PeerPort}" }, Replaces = old }, JoinResponse.Parser));
        Assert.Equal("kvstore: the peer URLs belong to a voting member that replaces nobody of that id", taken.Status.Message);
        await all.UnaryAsync("/etcdserverpb.Cluster/MemberRemove", new MemberRemoveRequest { ID = Assert.Single(ids) }, MemberRemoveResponse.Parser);
        Assert.Equal(3, (await all.MembersAsync()).Members.Count);
    }

    private static async Task<(int ExitCode, string Errors)> RefusedAsync(TlsCluster cluster, string old, string url)
    {
        var result = await ChildProcess.RunAsync(Checkout.Ctl, [.. cluster.CtlFlags(), "member", "replace", old, url]);
        return (result.ExitCode, result.Errors);
    }

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var timeout = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await condition())
            await poll.WaitForNextTickAsync(timeout.Token);
    }
}
