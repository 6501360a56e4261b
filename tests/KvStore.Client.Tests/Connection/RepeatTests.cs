using Google.Protobuf;
using KvStore.Client.Tests.Support;
using KvStore.Grpc;
using KvStore.Grpc.Server;
using KvStore.Protocol.Etcd;

namespace KvStore.Client.Tests.Connection;

/// <summary>Which calls are sent again, and which never are, judged by a member that counts them.</summary>
public sealed class RepeatTests
{
    private static readonly RpcMethod Put = new("etcdserverpb.KV", "Put", RpcShape.Unary);
    private static readonly RpcMethod Range = new("etcdserverpb.KV", "Range", RpcShape.Unary);
    private static readonly RpcMethod Txn = new("etcdserverpb.KV", "Txn", RpcShape.Unary);
    private static readonly RpcMethod Authenticate = new("etcdserverpb.Auth", "Authenticate", RpcShape.Unary);

    [Fact]
    public async Task Write_AnsweredUnavailable_IsNotSentAgain()
    {
        var puts = 0;
        await using var member = await ScriptedMember.StartAsync(table => table.Unary(Put, (call, _, _) =>
        {
            puts++;
            call.Fail(new GrpcStatus(StatusCode.Unavailable, "etcdserver: request timed out"));
            return ValueTask.CompletedTask;
        }));
        using var client = Connect(member.Endpoint);
        var failed = await Assert.ThrowsAsync<GrpcException>(() => client.Kv.PutAsync("key", "value"));
        Assert.Equal((StatusCode.Unavailable, "etcdserver: request timed out", false), (failed.Code, failed.Message, failed.NeverSent));
        Assert.Equal(1, puts);
    }

    [Fact]
    public async Task Read_AnsweredUnavailable_IsSentUntilItIsAnswered()
    {
        var ranges = 0;
        await using var member = await ScriptedMember.StartAsync(table => table.Unary(Range, (call, _, response) =>
        {
            if (++ranges < 4)
                call.Fail(new GrpcStatus(StatusCode.Unavailable, "etcdserver: leader changed"));
            else
                response.WriteMessage(new RangeResponse { Header = new ResponseHeader { Revision = 7 } });
            return ValueTask.CompletedTask;
        }));
        using var client = Connect(member.Endpoint);
        Assert.Equal(7, (await client.Kv.GetRangeAsync("key")).Revision.Value);
        Assert.Equal(4, ranges);
    }

    [Fact]
    public async Task Transaction_IsSentAgainOnlyWhenItOnlyReads()
    {
        var transactions = 0;
        await using var member = await ScriptedMember.StartAsync(table => table.Unary(Txn, (call, _, response) =>
        {
            if (++transactions % 2 == 1)
                call.Fail(new GrpcStatus(StatusCode.Unavailable, "etcdserver: leader changed"));
            else
                response.WriteMessage(new TxnResponse { Header = new ResponseHeader { Revision = 7 } });
            return ValueTask.CompletedTask;
        }));
        using var client = Connect(member.Endpoint);
        await client.Kv.Transaction().Then(Operation.Get("key")).CommitAsync();
        Assert.Equal(2, transactions);
        await Assert.ThrowsAsync<GrpcException>(() => client.Kv.Transaction().Then(Operation.Get("key")).Else(Operation.Delete("key")).CommitAsync());
        Assert.Equal(3, transactions);
    }

    /// <summary>Half of the calls begin with the endpoint where nobody listens; none of them is an error and none is sent twice.</summary>
    [Fact]
    public async Task Write_ToAnEndpointThatIsNotThere_GoesToTheOther()
    {
        var puts = 0;
        await using var member = await ScriptedMember.StartAsync(table => table.Unary(Put, (_, _, response) =>
        {
            puts++;
            response.WriteMessage(new PutResponse { Header = new ResponseHeader { Revision = puts } });
            return ValueTask.CompletedTask;
        }));
        var nobody = Testing.Processes.FreePorts.Take(1)[0];
        using var client = Connect($"http://127.0.0.1:{nobody}", member.Endpoint);
        for (var i = 1; i <= 10; i++)
            Assert.Equal(i, (await client.Kv.PutAsync("key", "value")).Revision.Value);
        Assert.Equal(10, puts);
    }

    [Fact]
    public async Task Call_ThatNobodyTakes_EndsWithItsTimeAndSaysWhy()
    {
        var nobody = Testing.Processes.FreePorts.Take(1)[0];
        using var client = new KvClient(new KvClientOptions { Endpoints = [$"http://127.0.0.1:{nobody}"], CallTimeout = TimeSpan.FromMilliseconds(300) });
        var late = await Assert.ThrowsAsync<GrpcException>(() => client.Kv.PutAsync("key", "value"));
        Assert.Equal(StatusCode.DeadlineExceeded, late.Code);
        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Kv.PutAsync("key", "value", cancellationToken: canceled.Token));
    }

    /// <summary>A refused token is replaced once, by one of all the calls that it was refused to.</summary>
    [Theory]
    [InlineData("etcdserver: invalid auth token")]
    [InlineData("etcdserver: revision of auth store is old")]
    public async Task Write_RefusedForItsToken_IsSentOnceMoreWithANewOne(string refusal)
    {
        var tokens = 0;
        var done = 0;
        await using var member = await ScriptedMember.StartAsync(table =>
        {
            table.Unary(Authenticate, (_, _, response) => Answer(response, new AuthenticateResponse { Token = $"token-{Interlocked.Increment(ref tokens)}" }));
            table.Unary(Put, (call, _, response) =>
            {
                if (call.Header("token") == "token-1")
                {
                    call.Fail(new GrpcStatus(StatusCode.Unauthenticated, refusal));
                    return ValueTask.CompletedTask;
                }

                Interlocked.Increment(ref done);
                return Answer(response, new PutResponse { Header = new ResponseHeader { Revision = 2 } });
            });
        });
        using var client = ConnectAs("root", member.Endpoint);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.Kv.PutAsync("key", "value")));
        Assert.Equal((2, 8), (tokens, done));
    }

    [Fact]
    public async Task Call_RefusedWithTheNewTokenToo_IsTheCallersError()
    {
        var puts = 0;
        await using var member = await ScriptedMember.StartAsync(table =>
        {
            table.Unary(Authenticate, (_, _, response) => Answer(response, new AuthenticateResponse { Token = "token" }));
            table.Unary(Put, (call, _, _) =>
            {
                puts++;
                call.Fail(new GrpcStatus(StatusCode.Unauthenticated, "etcdserver: invalid auth token"));
                return ValueTask.CompletedTask;
            });
        });
        using var client = ConnectAs("root", member.Endpoint);
        var refused = await Assert.ThrowsAsync<GrpcException>(() => client.Kv.PutAsync("key", "value"));
        Assert.Equal((StatusCode.Unauthenticated, 2), (refused.Code, puts));
    }

    /// <summary>Credentials for a cluster without authentication cost one question, until it begins to ask for a token.</summary>
    [Fact]
    public async Task Token_OfAClusterThatAsksForNone_IsAskedForOnce()
    {
        var (asked, isOn) = (0, false);
        await using var member = await ScriptedMember.StartAsync(table =>
        {
            table.Unary(Authenticate, (call, _, response) =>
            {
                asked++;
                if (isOn)
                    return Answer(response, new AuthenticateResponse { Token = "token" });
                call.Fail(new GrpcStatus(StatusCode.FailedPrecondition, "etcdserver: authentication is not enabled"));
                return ValueTask.CompletedTask;
            });
            table.Unary(Range, (call, _, response) =>
            {
                if (isOn && call.Header("token") is null)
                {
                    call.Fail(new GrpcStatus(StatusCode.InvalidArgument, "etcdserver: user name is empty"));
                    return ValueTask.CompletedTask;
                }

                return Answer(response, new RangeResponse { Header = new ResponseHeader { Revision = 2 } });
            });
        });
        using var client = ConnectAs("root", member.Endpoint);
        for (var i = 0; i < 3; i++)
            await client.Kv.GetAsync("key");
        Assert.Equal(1, asked);
        isOn = true;
        await client.Kv.GetAsync("key");
        Assert.Equal(2, asked);
    }

    private static KvClient Connect(params string[] endpoints) => new(new KvClientOptions { Endpoints = endpoints, CallTimeout = Limits.Patience });

    private static KvClient ConnectAs(string user, string endpoint) =>
        new(new KvClientOptions { Endpoints = [endpoint], User = user, Password = "secret", CallTimeout = Limits.Patience });

    private static ValueTask Answer(ResponseWriter response, IMessage message)
    {
        response.WriteMessage(message);
        return ValueTask.CompletedTask;
    }
}
