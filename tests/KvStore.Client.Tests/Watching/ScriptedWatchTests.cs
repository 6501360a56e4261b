using Google.Protobuf;
using KvStore.Client.Tests.Support;
using KvStore.Grpc;
using KvStore.Grpc.Server;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;

namespace KvStore.Client.Tests.Watching;

/// <summary>What a watch makes of streams that break, stutter or refuse, judged by what it asks for next.</summary>
public sealed class ScriptedWatchTests
{
    private static readonly RpcMethod Watch = new("etcdserverpb.Watch", "Watch", RpcShape.Duplex);
    private static readonly RpcMethod Authenticate = new("etcdserverpb.Auth", "Authenticate", RpcShape.Unary);

    /// <summary>Method: the first stream ends within the pieces of revision 6, the second sends them all.</summary>
    [Fact]
    public async Task Fragments_AreJoined_AndAHalfOneIsAskedForAgain()
    {
        var asked = new List<WatchCreateRequest>();
        await using var member = await ScriptedMember.StartAsync(table => table.Duplex(Watch, async (call, requests, responses) =>
        {
            asked.Add(await CreateAsync(requests, responses, revision: 4));
            if (asked.Count == 1)
            {
                await SendAsync(responses, Events(isFragment: false, 5));
                await SendAsync(responses, Events(isFragment: true, 6));
                call.Fail(new GrpcStatus(StatusCode.Unavailable, "etcdserver: server stopped"));
                return;
            }

            await SendAsync(responses, Events(isFragment: true, 6));
            await SendAsync(responses, Events(isFragment: true, 6, 6));
            await SendAsync(responses, Events(isFragment: false, 7));
            await Forever(call);
        }));
        using var client = new KvClient(member.Endpoint);
        await using var watch = await client.Watch.StartAsync("key", cancellationToken: Limits.Patient());
        Assert.Equal(4, watch.ConfirmedAt.Value);
        Assert.Equal([5], await NextAsync(watch));
        Assert.Equal([6, 6, 6, 7], await NextAsync(watch));
        Assert.Equal([0, 6], asked.Select(request => request.StartRevision));
        Assert.All(asked, request => Assert.True(request.Fragment));
    }

    /// <summary>Where the next stream begins, after events, after a progress notification, and before either.</summary>
    [Fact]
    public async Task Resumption_BeginsBehindWhatWasSeenOrPromised()
    {
        var starts = new List<long>();
        await using var member = await ScriptedMember.StartAsync(table => table.Duplex(Watch, async (call, requests, responses) =>
        {
            // Only with it does a member that lost its leader end the stream, as the third does here.
            Assert.Equal("true", call.Header("hasleader"));
            starts.Add((await CreateAsync(requests, responses, revision: 10)).StartRevision);
            switch (starts.Count)
            {
                case 1:
                    break; // ends with OK: nothing was seen but the confirmation
                case 2:
                    await SendAsync(responses, Events(isFragment: false, 11, 12));
                    call.Fail(new GrpcStatus(StatusCode.Internal, "stream cut off"));
                    break;
                case 3:
                    await SendAsync(responses, new WatchResponse { Header = new ResponseHeader { Revision = 20 } });
                    call.Fail(new GrpcStatus(StatusCode.Unavailable, "etcdserver: no leader"));
                    break;
                default:
                    await SendAsync(responses, Events(isFragment: false, 21));
                    await Forever(call);
                    break;
            }
        }));
        using var client = new KvClient(member.Endpoint);
        await using var watch = await client.Watch.StartAsync("key", cancellationToken: Limits.Patient());
        Assert.Equal([11, 12], await NextAsync(watch));
        var progress = await watch.ReadAsync(Limits.Patient());
        Assert.Equal((true, 20L), (progress.IsProgress, progress.Revision.Value));
        Assert.Equal([21], await NextAsync(watch));
        Assert.Equal([0, 11, 13, 21], starts);
    }

    [Fact]
    public async Task Compaction_WhileTheStreamWasBroken_IsAnExceptionWithTheRevision()
    {
        var streams = 0;
        await using var member = await ScriptedMember.StartAsync(table => table.Duplex(Watch, async (call, requests, responses) =>
        {
            await CreateAsync(requests, responses, revision: 4);
            if (++streams == 1)
                await SendAsync(responses, Events(isFragment: false, 5));
            else
                await SendAsync(responses, new WatchResponse { Header = new ResponseHeader { Revision = 40 }, Canceled = true, CompactRevision = 30 });
            if (streams == 1)
                call.Fail(new GrpcStatus(StatusCode.Unavailable, "etcdserver: server stopped"));
            else
                await Forever(call);
        }));
        using var client = new KvClient(member.Endpoint);
        await using var watch = await client.Watch.StartAsync("key", cancellationToken: Limits.Patient());
        Assert.Equal([5], await NextAsync(watch));
        var compacted = await Assert.ThrowsAsync<CompactedException>(async () => await watch.ReadAsync(Limits.Patient()));
        Assert.Equal(new Revision(30), compacted.CompactRevision);
    }

    [Fact]
    public async Task Watch_RefusedForItsToken_IsOpenedWithANewOne_AndOtherwiseNot()
    {
        var (tokens, refusal) = (0, "etcdserver: invalid auth token");
        await using var member = await ScriptedMember.StartAsync(table =>
        {
            table.Unary(Authenticate, (_, _, response) =>
            {
                response.WriteMessage(new AuthenticateResponse { Token = $"token-{++tokens}" });
                return ValueTask.CompletedTask;
            });
            table.Duplex(Watch, async (call, requests, responses) =>
            {
                await requests.MoveNextAsync();
                if (call.Header("token") == "token-2")
                    await SendAsync(responses, new WatchResponse { Header = new ResponseHeader { Revision = 4 }, Created = true });
                else
                    await SendAsync(responses, new WatchResponse { Header = new ResponseHeader(), Created = true, Canceled = true, CancelReason = refusal, WatchId = -1 });
                await Forever(call);
            });
        });
        var options = new KvClientOptions { Endpoints = [member.Endpoint], User = "root", Password = "secret" };
        using (var client = new KvClient(options))
        {
            await using var watch = await client.Watch.StartAsync("key", cancellationToken: Limits.Patient());
            Assert.Equal(2, tokens);
        }

        refusal = "rpc error: code = PermissionDenied desc = etcdserver: permission denied";
        using var other = new KvClient(options);
        var refused = await Assert.ThrowsAsync<GrpcException>(() => other.Watch.StartAsync("key", cancellationToken: Limits.Patient()));
        Assert.Equal((StatusCode.PermissionDenied, 3), (refused.Code, tokens));
    }

    [Fact]
    public async Task Read_GivenUp_LosesNothing()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var member = await ScriptedMember.StartAsync(table => table.Duplex(Watch, async (call, requests, responses) =>
        {
            await CreateAsync(requests, responses, revision: 4);
            await go.Task;
            await SendAsync(responses, Events(isFragment: false, 5));
            await Forever(call);
        }));
        using var client = new KvClient(member.Endpoint);
        await using var watch = await client.Watch.StartAsync("key", cancellationToken: Limits.Patient());
        using var impatient = new CancellationTokenSource();
        var reading = watch.ReadAsync(impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reading);
        go.SetResult();
        Assert.Equal([5], await NextAsync(watch));
    }

    private static async Task<List<long>> NextAsync(KeyWatch watch) =>
        [.. (await watch.ReadAsync(Limits.Patient())).Events.Select(change => change.Entry.ModRevision.Value)];

    private static async Task<WatchCreateRequest> CreateAsync(RequestReader requests, ResponseWriter responses, long revision)
    {
        await requests.MoveNextAsync();
        var request = WatchRequest.Parser.ParseFrom(requests.Current.Span).CreateRequest;
        await SendAsync(responses, new WatchResponse { Header = new ResponseHeader { Revision = revision }, Created = true });
        return request;
    }

    private static async Task SendAsync(ResponseWriter responses, IMessage message)
    {
        responses.WriteMessage(message);
        await responses.FlushAsync();
    }

    private static WatchResponse Events(bool isFragment, params long[] revisions) => new()
    {
        Header = new ResponseHeader { Revision = revisions[^1] },
        Fragment = isFragment,
        Events = { revisions.Select(revision => new Event { Kv = new KeyValue { Key = ByteString.CopyFromUtf8("key"), ModRevision = revision } }) },
    };

    private static Task Forever(ServerCall call)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        call.CancellationToken.Register(() => ended.TrySetResult());
        return ended.Task;
    }
}
