using KvStore.Grpc.Client;
using KvStore.Grpc.Server;
using KvStore.Protocol.Health;

namespace KvStore.Grpc.Tests.Server;

/// <summary>The hand-read health messages against the generated ones.</summary>
public sealed class HealthTests
{
    private const string Check = "/grpc.health.v1.Health/Check";

    [Fact]
    public async Task Health_AskedAndWatched_SaysWhatWasSet()
    {
        var health = new HealthService();
        await using var host = await RoomHost.StartAsync(health.Register);
        using var channel = new GrpcChannel(host.Endpoint);
        var server = await channel.UnaryAsync(Check, new HealthCheckRequest(), HealthCheckResponse.Parser);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, server.Status);
        var unknown = await Assert.ThrowsAsync<GrpcException>(() => channel.UnaryAsync(Check, new HealthCheckRequest { Service = "etcdserverpb.KV" }, HealthCheckResponse.Parser));
        Assert.Equal(new GrpcStatus(StatusCode.NotFound, "unknown service"), unknown.Status);

        using var watch = channel.ServerStreaming("/grpc.health.v1.Health/Watch", new HealthCheckRequest { Service = "etcdserverpb.KV" }, HealthCheckResponse.Parser);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.ServiceUnknown, watch.Current.Status);
        health.Set("etcdserverpb.KV", HealthService.ServingStatus.NotServing);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, watch.Current.Status);
    }

    [Fact]
    public async Task Request_NoMessage_IsRefused()
    {
        await using var host = await RoomHost.StartAsync(new HealthService().Register);
        using var raw = new RawCall();
        var answer = await raw.SendAsync(host.Endpoint, Check, RawCall.Frame([0x0A, 0x7F]));
        Assert.Equal(("13", GrpcTexts.UnparsableRequest), (answer.Status, answer.Message));
    }
}
