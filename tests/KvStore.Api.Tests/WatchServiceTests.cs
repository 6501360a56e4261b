using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Node;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Api.Tests;

/// <summary>The Watch service through a real connection: credit from real flow control, the ends of a stream.</summary>
public sealed class WatchServiceTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Watch_GetsCreatedThenEventsWithFullHeaders()
    {
        using var watch = Open();
        await CreateAsync(watch, "k");
        var created = await NextAsync(watch);
        Assert.True(created.Created);
        Assert.Equal(new ResponseHeader { ClusterId = 0xC, MemberId = 0xA, RaftTerm = 7, Revision = 1 }, created.Header);
        await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("k", "v"));
        var response = await NextAsync(watch);
        Assert.Equal(2, response.Header.Revision);
        Assert.Equal("v", response.Events.Single().Kv.Value.ToStringUtf8());
    }

    // Read-your-writes: a watch from now on never brings what its client has seen acknowledged before.
    [Fact]
    public async Task Watch_FromNow_AfterAnAcknowledgedPut_DoesNotSeeIt()
    {
        await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("k", "1"));
        using var watch = Open();
        await CreateAsync(watch, "k");
        Assert.Equal(2, (await NextAsync(watch)).Header.Revision);
        await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("k", "2"));
        Assert.Equal("2", (await NextAsync(watch)).Events.Single().Kv.Value.ToStringUtf8());
    }

    // W9, W8: the client's window is the limit; what it reads later is all there, in order.
    [Fact]
    public async Task Watch_WhoseClientDoesNotRead_LosesNothingAndHoldsLittle()
    {
        using var watch = Open();
        await CreateAsync(watch, "k");
        await NextAsync(watch);
        const int puts = 120;
        var value = new string('x', 64 * 1024);
        for (var i = 0; i < puts; i++)
            await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("k", value));
        _host.Member.TryPost(Node.Watch.WatchMessage.Tick(_host.Member.Now));
        Assert.InRange(_host.Member.Watch.BytesInFlight, 0, 2 << 20);
        var revisions = new List<long>();
        while (revisions.Count < puts)
            revisions.AddRange((await NextAsync(watch)).Events.Select(e => e.Kv.ModRevision));
        Assert.Equal(Enumerable.Range(2, puts).Select(revision => (long)revision), revisions);
    }

    [Fact]
    public async Task Watch_Progress_IsAnsweredForTheStream()
    {
        using var watch = Open();
        await CreateAsync(watch, "k");
        await NextAsync(watch);
        await watch.WriteAsync(new WatchRequest { ProgressRequest = new WatchProgressRequest() });
        var progress = await NextAsync(watch);
        Assert.Equal((-1, 1, 0), (progress.WatchId, progress.Header.Revision, progress.Events.Count));
    }

    [Fact]
    public async Task Watch_AfterTheClientsHalfClose_GoesOn()
    {
        using var watch = Open();
        await CreateAsync(watch, "k");
        await NextAsync(watch);
        await watch.CompleteAsync();
        await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("k", "v"));
        Assert.Single((await NextAsync(watch)).Events);
    }

    // W12
    [Fact]
    public async Task Watch_WhoseClientGoesAway_LeavesNothing()
    {
        using (var watch = Open())
        {
            await CreateAsync(watch, "k");
            await NextAsync(watch);
        }

        for (var i = 0; i < 500; i++)
        {
            _host.Member.TryPost(Node.Watch.WatchMessage.Tick(_host.Member.Now));
            if (_host.Member.Watch is { Streams: 0, Watchers: 0, Ranges: 0 })
                return;
            await Task.Delay(10);
        }

        Assert.Fail("the stream was not closed");
    }

    [Fact]
    public async Task Watch_OnAServerThatStops_EndsUnavailable()
    {
        using var watch = Open();
        await CreateAsync(watch, "k");
        await NextAsync(watch);
        _host.Stop();
        Assert.Equal("Unavailable: etcdserver: server stopped", await EndAsync(watch));
    }

    [Fact]
    public async Task Watch_ThatWantsALeader_EndsWhenThereIsNone()
    {
        await using var host = await ApiHost.StartAsync(new ApiOptions { Time = TimeProvider.System, TickInterval = TimeSpan.FromMilliseconds(5) });
        var wantsLeader = new Metadata();
        wantsLeader.Add("hasleader", "true");
        using var strict = Open(host, wantsLeader);
        using var lenient = Open(host);
        await CreateAsync(strict, "k");
        await CreateAsync(lenient, "k");
        await NextAsync(strict);
        await NextAsync(lenient);
        host.Member.Status = host.Member.Status with { Leader = MemberId.None, Role = NodeRole.Follower };
        Assert.Equal("Unavailable: etcdserver: no leader", await EndAsync(strict));
        using var late = Open(host, wantsLeader);
        Assert.Equal("Unavailable: etcdserver: no leader", await EndAsync(late));
        await lenient.WriteAsync(new WatchRequest { ProgressRequest = new WatchProgressRequest() });
        Assert.Equal(-1, (await NextAsync(lenient)).WatchId);
    }

    private DuplexCall<WatchRequest, WatchResponse> Open() => Open(_host);

    private static DuplexCall<WatchRequest, WatchResponse> Open(ApiHost host, Metadata? headers = null) =>
        host.Channel.Duplex<WatchRequest, WatchResponse>(
            ApiHost.Path("Watch/Watch"), WatchResponse.Parser, new CallOptions { Headers = headers ?? Metadata.Empty });

    private static Task CreateAsync(DuplexCall<WatchRequest, WatchResponse> watch, string key) =>
        watch.WriteAsync(new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8(key) } });

    private static async Task<WatchResponse> NextAsync(DuplexCall<WatchRequest, WatchResponse> watch)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        Assert.True(await watch.MoveNextAsync(limit.Token));
        return watch.Current;
    }

    private static async Task<string> EndAsync(DuplexCall<WatchRequest, WatchResponse> watch)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var ended = await Assert.ThrowsAsync<GrpcException>(async () =>
        {
            while (await watch.MoveNextAsync(limit.Token))
            {
            }
        });
        return ended.Status.ToString();
    }
}
