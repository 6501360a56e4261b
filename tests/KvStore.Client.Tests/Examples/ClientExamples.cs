using KvStore.Client.Tests.Support;
using KvStore.Grpc;
using KvStore.Primitives;

namespace KvStore.Client.Tests.Examples;

/// <summary>What docs/CLIENT.md shows of the client, run against a member of ours and one of etcd's.</summary>
[Collection(MembersCollection.Name)]
public sealed class ClientExamples(Members members)
{
    public static TheoryData<string> Both => Members.Both;

    [Theory]
    [MemberData(nameof(Both))]
    public async Task KeysAndValues(string which)
    {
        using var scratch = new Scratch(members, which);
        var client = scratch.Client;

        await client.Kv.PutAsync("greeting", "hello");
        KvEntry? entry = await client.Kv.GetAsync("greeting");
        string? text = entry?.Value.ToString();

        await foreach (var each in client.Kv.ReadAllAsync(KeyRange.Prefix("user/")))
            Console.WriteLine($"{each.Key} = {each.Value} (revision {each.ModRevision})");

        var deleted = await client.Kv.DeleteAsync(KeyRange.Prefix("user/"));
        Assert.Equal("hello", text);
        Assert.Equal(0, deleted.Deleted);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Transactions(string which)
    {
        using var scratch = new Scratch(members, which);
        var client = scratch.Client;

        var claim = await client.Kv.Transaction()
            .If(Condition.Missing("job/7/owner"))
            .Then(Operation.Put("job/7/owner", "me"))
            .Else(Operation.Get("job/7/owner"))
            .CommitAsync();
        var owner = claim.Succeeded ? "me" : claim.Results[0].Entry!.Value.ToString();
        Assert.Equal("me", owner);

        async Task<long> IncrementAsync(string key, CancellationToken cancellationToken)
        {
            while (true)
            {
                var read = await client.Kv.GetAsync(key, cancellationToken: cancellationToken);
                var next = long.Parse(read?.Value.ToString() ?? "0") + 1;
                var outcome = await client.Kv.Transaction()
                    .If(read is null ? Condition.Missing(key) : Condition.Unchanged(read))
                    .Then(Operation.Put(key, next.ToString()))
                    .CommitAsync(cancellationToken);
                if (outcome.Succeeded)
                    return next;
            }
        }

        var counted = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => IncrementAsync("counter", Limits.Patient())));
        Assert.Equal([1, 2, 3, 4, 5], counted.Order());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Watching(string which)
    {
        using var scratch = new Scratch(members, which);
        var client = scratch.Client;
        await client.Kv.PutAsync("user/1", "Ada");
        using var stopping = new CancellationTokenSource(Limits.Patience);
        var users = new Dictionary<KvBytes, string>();

        async Task FollowUsersAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var held = await client.Kv.GetRangeAsync(KeyRange.Prefix("user/"), cancellationToken: cancellationToken);
                users.Clear();
                foreach (var entry in held.Entries)
                    users[entry.Key] = entry.Value.ToString();

                try
                {
                    var options = new WatchOptions { From = held.Revision.Next };
                    await foreach (var batch in client.Watch.WatchAsync(KeyRange.Prefix("user/"), options, cancellationToken))
                    {
                        foreach (var change in batch.Events)
                        {
                            if (change.Kind == WatchEventKind.Put)
                                users[change.Key] = change.Entry.Value.ToString();
                            else
                                users.Remove(change.Key);
                        }
                    }
                }
                catch (CompactedException)
                {
                    // Too far behind: read everything again.
                }
            }
        }

        var following = FollowUsersAsync(stopping.Token);
        await client.Kv.PutAsync("user/2", "Grace");
        await Until.TrueAsync(() => Task.FromResult(users.Count == 2));
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task WatchingFromAMoment(string which)
    {
        using var scratch = new Scratch(members, which);
        var client = scratch.Client;

        await using var watch = await client.Watch.StartAsync("status");
        await client.Kv.PutAsync("status", "ready");
        WatchBatch batch = await watch.ReadAsync();
        Assert.Equal("ready", Assert.Single(batch.Events).Entry.Value.ToString());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Sessions(string which)
    {
        using var scratch = new Scratch(members, which);
        var client = scratch.Client;
        static Task WorkAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        await using (var session = await Session.OpenAsync(client, TimeSpan.FromSeconds(10)))
        {
            await client.Kv.PutAsync("service/7", "10.0.0.7:80", new PutOptions { Lease = session.Lease });
            await WorkAsync(session.Lost);
        }

        Assert.Null(await client.Kv.GetAsync("service/7"));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task LocksBetweenProcesses(string which)
    {
        using var scratch = new Scratch(members, which);
        var client = scratch.Client;
        var cancellationToken = Limits.Patient();
        static Task WorkAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        await using (var held = await client.LockAsync("nightly-report", TimeSpan.FromSeconds(15), cancellationToken))
        {
            await WorkAsync(held.Lost);
            var written = await client.Kv.Transaction()
                .If(held.IsHeld)
                .Then(Operation.Put("report/last", "today"))
                .CommitAsync(cancellationToken);
            Assert.True(written.Succeeded);
        }

        Assert.Equal(0, await client.Kv.CountAsync(KeyRange.Prefix("nightly-report/")));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task ElectionsOfALeader(string which)
    {
        using var scratch = new Scratch(members, which);
        var client = scratch.Client;
        var cancellationToken = Limits.Patient();
        static Task LeadAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        await using var session = await Session.OpenAsync(client, TimeSpan.FromSeconds(10), cancellationToken);
        await using (var leadership = await session.CampaignAsync("scheduler", "10.0.0.7:80", cancellationToken))
            await LeadAsync(leadership.Lost);

        await using var next = await session.CampaignAsync("scheduler", "10.0.0.7:81", cancellationToken);
        await foreach (var leader in client.ObserveLeaderAsync("scheduler", cancellationToken))
        {
            Console.WriteLine(leader is null ? "no leader" : $"led by {leader.Value}");
            break;
        }

        Assert.Equal("10.0.0.7:81", (await client.LeaderAsync("scheduler"))!.Value.ToString());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task PartsOfTheKeys(string which)
    {
        using var scratch = new Scratch(members, which);
        var client = scratch.Client;

        var tenant = client.WithPrefix("tenant/7/");
        await tenant.Kv.PutAsync("name", "Ada");
        Assert.Equal("Ada", (await client.Kv.GetAsync("tenant/7/name"))!.Value.ToString());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Failures(string which)
    {
        using var scratch = new Scratch(members, which);
        var client = scratch.Client;
        var outcome = "";

        try
        {
            await client.Kv.PutAsync("order/7", "paid", new PutOptions { Lease = new LeaseId(1) });
            outcome = "done";
        }
        catch (GrpcException unknown) when (unknown.Code is StatusCode.Unavailable or StatusCode.DeadlineExceeded && !unknown.NeverSent)
        {
            outcome = "done or not: look, or repeat only what may happen twice";
        }
        catch (GrpcException refused)
        {
            outcome = $"not done: {refused.Message}";
        }

        Assert.Equal("not done: etcdserver: requested lease not found", outcome);
    }
}
