using KvStore.Client.Tests.Support;
using KvStore.Primitives;
using KvStore.Testing.Processes;

namespace KvStore.Client.Tests.Watching;

/// <summary>Watches on both servers, over the end of the server too.</summary>
[Collection(MembersCollection.Name)]
public sealed class WatchTests(Members members)
{
    public static TheoryData<string> Both => Members.Both;

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Watch_Started_MissesNothingThatFollows(string which)
    {
        using var scratch = new Scratch(members, which);
        await using var watch = await scratch.Client.Watch.StartAsync(KeyRange.All, new WatchOptions { WithPrevious = true }, Limits.Patient());
        var put = await scratch.Client.Kv.PutAsync("a", "1");
        Assert.True(watch.ConfirmedAt < put.Revision);
        var created = Assert.Single((await watch.ReadAsync(Limits.Patient())).Events);
        Assert.Equal((WatchEventKind.Put, true, "1", null), (created.Kind, created.IsCreation, created.Entry.Value.ToString(), created.Previous));

        var outcome = await scratch.Client.Kv.Transaction().Then(Operation.Put("a", "2"), Operation.Put("b", "2")).CommitAsync();
        var both = await watch.ReadAsync(Limits.Patient());
        Assert.Equal((outcome.Revision, 2), (both.Revision, both.Events.Count));
        Assert.Equal([("a", false, "1"), ("b", true, null)], both.Events.Select(change => (change.Key.ToString(), change.IsCreation, change.Previous?.Value.ToString())));

        await watch.RequestProgressAsync();
        Assert.True((await watch.ReadAsync(Limits.Patient())).IsProgress);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Watch_Filtered_LeavesAway(string which)
    {
        using var scratch = new Scratch(members, which);
        var before = (await scratch.Client.Kv.PutAsync("a", "1")).Revision;
        await scratch.Client.Kv.DeleteAsync("a");
        await scratch.Client.Kv.PutAsync("a", "2");
        await using var deletions = await scratch.Client.Watch.StartAsync("a", new WatchOptions { From = before, IgnoresPuts = true }, Limits.Patient());
        Assert.Equal(WatchEventKind.Delete, Assert.Single((await deletions.ReadAsync(Limits.Patient())).Events).Kind);
        await using var puts = await scratch.Client.Watch.StartAsync("a", new WatchOptions { From = before, IgnoresDeletes = true }, Limits.Patient());
        Assert.Equal(["1", "2"], (await puts.ReadAsync(Limits.Patient())).Events.Select(change => change.Entry.Value.ToString()));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Watch_OfMoreThanAMessageHolds_ArrivesWhole(string which)
    {
        using var scratch = new Scratch(members, which);
        // Three revisions of 1 MB each: more than the 2 MB at which servers cut a response.
        var large = new byte[1_000_000];
        var first = (await scratch.Client.Kv.PutAsync("large", large)).Revision;
        await scratch.Client.Kv.PutAsync("large", large);
        await scratch.Client.Kv.PutAsync("large", large);
        await using var watch = await scratch.Client.Watch.StartAsync("large", new WatchOptions { From = first }, Limits.Patient());
        var versions = new List<long>();
        while (versions.Count < 3)
            versions.AddRange((await watch.ReadAsync(Limits.Patient())).Events.Select(change => change.Entry.Version));
        Assert.Equal([1, 2, 3], versions);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Watch_FromACompactedRevision_IsRefusedWithTheRevision(string which)
    {
        using var folder = new TestFolder();
        using var server = Members.Make(which, folder.Combine("data"));
        server.Start();
        await server.UntilReadyAsync();
        using var client = new KvClient(server.Endpoint);
        await client.Kv.PutAsync("key", "1");
        var last = (await client.Kv.PutAsync("key", "2")).Revision;
        await client.Kv.CompactAsync(last);
        var compacted = await Assert.ThrowsAsync<CompactedException>(async () =>
        {
            await foreach (var batch in client.Watch.WatchAsync("key", new WatchOptions { From = new Revision(1) }, Limits.Patient()))
                Assert.True(batch.IsProgress);
        });
        Assert.Equal(last, compacted.CompactRevision);
    }

    /// <summary>Method: the server is killed and started again between writes; the one reader sees each revision once, in order.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task Watch_OverKilledAndRestartedServers_HasNoGapAndNoDuplicate(string which)
    {
        using var folder = new TestFolder();
        using var server = Members.Make(which, folder.Combine("data"));
        server.Start();
        await server.UntilReadyAsync();
        using var client = new KvClient(new KvClientOptions { Endpoints = [server.Endpoint], CallTimeout = Limits.Patience });
        await using var watch = await client.Watch.StartAsync(KeyRange.All, cancellationToken: Limits.Patient());
        var written = new List<Revision>();
        var seen = new List<Revision>();
        for (var round = 0; round < 3; round++)
        {
            written.Add((await client.Kv.PutAsync("key", "before the kill")).Revision);
            // etcd waits seconds for its streams when it is asked to stop; ours ends them.
            if (which == Members.Ours && round == 0)
                await server.TerminateAsync();
            else
                await server.KillAsync();
            server.Start();
            // A read is repeated until the server is back; a write into the connection that just broke would be an error.
            await client.Kv.GetAsync("key", cancellationToken: Limits.Patient());
            written.Add((await client.Kv.PutAsync("key", "after the kill")).Revision);
        }

        while (seen.Count < written.Count)
            seen.AddRange((await watch.ReadAsync(Limits.Patient())).Events.Select(change => change.Entry.ModRevision));
        Assert.Equal(written, seen);
    }
}
