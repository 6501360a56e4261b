using Google.Protobuf;
using KvStore.Client;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Ctl;

/// <summary>The client library against a real server that goes away and comes back.</summary>
public sealed class WatcherTests
{
    /// <summary>Method: kill the server between two writes of a watched key; the one reader sees each revision once, in order.</summary>
    [Fact]
    public async Task Watcher_ServerKilledAndRestarted_MissesNothingAndRepeatsNothing()
    {
        using var folder = new TestFolder();
        using var server = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"));
        server.Start();
        await server.UntilReadyAsync();
        using var client = new KvClient(new KvClientOptions { Endpoints = [server.Endpoint], CallTimeout = TimeSpan.FromSeconds(20) });
        var watcher = client.Watch.Open(new WatchCreateRequest { Key = ByteString.CopyFromUtf8("key") });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await using var answers = watcher.ReadAllAsync(limit.Token).GetAsyncEnumerator(limit.Token);
        Assert.True(await answers.MoveNextAsync());
        Assert.True(answers.Current.Created);

        for (var round = 0; round < 3; round++)
        {
            var first = await PutAsync(client, limit.Token);
            Assert.Equal([first], await NextAsync(answers));
            await server.KillAsync();
            server.Start();
            // A read is repeated until the server is back; a write into the connection that just broke would rightly be an error.
            await client.Kv.RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8("key") }, limit.Token);
            var second = await PutAsync(client, limit.Token);
            Assert.Equal([second], await NextAsync(answers));
        }
    }

    [Fact]
    public async Task Watcher_StartIsCompacted_EndsWithTheReason()
    {
        using var folder = new TestFolder();
        using var server = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"));
        server.Start();
        await server.UntilReadyAsync();
        using var client = new KvClient(new KvClientOptions { Endpoints = [server.Endpoint] });
        await PutAsync(client, CancellationToken.None);
        var last = await PutAsync(client, CancellationToken.None);
        await client.Kv.CompactAsync(new CompactionRequest { Revision = last });
        var answers = new List<WatchResponse>();
        await foreach (var answer in client.Watch.Open(new WatchCreateRequest { Key = ByteString.CopyFromUtf8("key"), StartRevision = 1 }).ReadAllAsync())
            answers.Add(answer);
        Assert.True(answers[^1].Canceled);
        Assert.Equal(last, answers[^1].CompactRevision);
    }

    private static async Task<long> PutAsync(KvClient client, CancellationToken cancellationToken)
    {
        var answer = await client.Kv.PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8("key"), Value = ByteString.CopyFromUtf8("value") }, cancellationToken);
        return answer.Header.Revision;
    }

    private static async Task<List<long>> NextAsync(IAsyncEnumerator<WatchResponse> answers)
    {
        Assert.True(await answers.MoveNextAsync());
        return [.. answers.Current.Events.Select(change => change.Kv.ModRevision)];
    }
}
