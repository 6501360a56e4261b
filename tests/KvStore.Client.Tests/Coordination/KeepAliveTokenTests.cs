using KvStore.Client.Tests.Support;
using KvStore.Grpc;
using KvStore.Protocol.Etcd;

namespace KvStore.Client.Tests.Coordination;

/// <summary>A token that runs out ends no lease: each renewal is judged by the token of its stream (a JWT of five minutes, say).</summary>
public sealed class KeepAliveTokenTests
{
    private const long Lease = 7;
    private static readonly RpcMethod Authenticate = new("etcdserverpb.Auth", "Authenticate", RpcShape.Unary);
    private static readonly RpcMethod Grant = new("etcdserverpb.Lease", "LeaseGrant", RpcShape.Unary);
    private static readonly RpcMethod Revoke = new("etcdserverpb.Lease", "LeaseRevoke", RpcShape.Unary);
    private static readonly RpcMethod KeepAlive = new("etcdserverpb.Lease", "LeaseKeepAlive", RpcShape.Duplex);

    private int _tokens;

    /// <summary>How many tokens were given in all when the last was taken; those before are refused.</summary>
    private volatile int _taken = 1;

    [Fact]
    public async Task KeepAliveOnce_TokenRefused_IsSentAgainWithAnother()
    {
        await using var member = await StartAsync();
        using var client = Client(member);
        Assert.Equal(1, (await client.Lease.KeepAliveOnceAsync(Lease, Limits.Patient())).TTL);
        _taken = 2;
        Assert.Equal(1, (await client.Lease.KeepAliveOnceAsync(Lease, Limits.Patient())).TTL);
        Assert.Equal(2, _tokens);
    }

    [Fact]
    public async Task KeepAlive_TokenRefusedInTheMiddle_GoesOnWithAnother_EachTime()
    {
        await using var member = await StartAsync();
        using var client = Client(member);
        var renewals = 0;
        await foreach (var renewal in client.Lease.KeepAliveAsync(Lease, Limits.Patient()))
        {
            Assert.Equal(1, renewal.TTL);
            if (++renewals == 3)
                break;
            _taken++;
        }

        Assert.Equal(3, _tokens);
    }

    [Fact]
    public async Task Refused_WithANewTokenToo_IsTheAnswer()
    {
        await using var member = await StartAsync();
        using var client = Client(member);
        _taken = int.MaxValue;
        var refused = await Assert.ThrowsAsync<GrpcException>(() => client.Lease.KeepAliveOnceAsync(Lease, Limits.Patient()));
        Assert.Equal((StatusCode.Unauthenticated, 2), (refused.Code, _tokens));
    }

    [Fact]
    public async Task Session_TokenRefused_LivesOn()
    {
        await using var member = await StartAsync();
        using var client = Client(member);
        await using var session = await Session.OpenAsync(client, TimeSpan.FromSeconds(1), Limits.Patient());
        _taken = 2;
        // The time of one lease and more: without a second token it would be over.
        await Assert.ThrowsAsync<TimeoutException>(() => session.Ended.WaitAsync(TimeSpan.FromSeconds(1.5)));
        Assert.Equal(2, Volatile.Read(ref _tokens));
    }

    private static KvClient Client(ScriptedMember member) => new(new KvClientOptions { Endpoints = [member.Endpoint], User = "u", Password = "p" });

    private Task<ScriptedMember> StartAsync() => ScriptedMember.StartAsync(table =>
    {
        table.Unary(Authenticate, (_, _, response) =>
        {
            response.WriteMessage(new AuthenticateResponse { Token = $"token-{Interlocked.Increment(ref _tokens)}" });
            return ValueTask.CompletedTask;
        });
        table.Unary(Grant, (_, _, response) =>
        {
            response.WriteMessage(new LeaseGrantResponse { ID = Lease, TTL = 1 });
            return ValueTask.CompletedTask;
        });
        table.Unary(Revoke, (_, _, response) =>
        {
            response.WriteMessage(new LeaseRevokeResponse());
            return ValueTask.CompletedTask;
        });
        table.Duplex(KeepAlive, async (call, requests, responses) =>
        {
            while (await requests.MoveNextAsync())
            {
                if (int.Parse(call.Header("token")!["token-".Length..], System.Globalization.CultureInfo.InvariantCulture) < _taken)
                {
                    call.Fail(new GrpcStatus(StatusCode.Unauthenticated, "etcdserver: invalid auth token"));
                    return;
                }

                responses.WriteMessage(new LeaseKeepAliveResponse { ID = Lease, TTL = 1 });
                await responses.FlushAsync();
            }
        });
    });
}
