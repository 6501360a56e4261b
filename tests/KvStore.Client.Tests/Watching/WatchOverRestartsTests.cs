using KvStore.Client.Tests.Support;
using KvStore.Primitives;
using KvStore.Testing.Processes;

namespace KvStore.Client.Tests.Watching;

/// <summary>Watches on servers of their own, which are compacted, killed and started again.</summary>
public sealed class WatchOverRestartsTests
{
    public static TheoryData<string> Both => Members.Both;

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
