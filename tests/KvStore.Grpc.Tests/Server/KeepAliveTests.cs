using System.Buffers.Binary;
using System.Text;
using KvStore.Grpc.Client;
using KvStore.Grpc.Server;
using KvStore.Grpc.Tests.Tls;
using KvStore.Testing.Wires;

namespace KvStore.Grpc.Tests.Server;

/// <summary>Keep-alive enforcement on real connections: who pings too often hears why, with the words that gRPC clients know.</summary>
public sealed class KeepAliveTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PingsTooOften_EndWithTheReason(bool tls)
    {
        using var files = new CertificateFolder();
        files.Sign("server");
        await using var host = await StartAsync(tls ? new TlsServerOptions { CertificateFile = files.PathOf("server.pem"), KeyFile = files.PathOf("server.key") } : null);
        using var wire = await Http2Wire.ConnectAsync(host.Port, tls);
        await wire.SendAsync([.. Http2Wire.Hello, .. Http2Wire.Call(1, TestMethods.Echo.Path, [1, 2])]);
        await wire.UntilAnsweredAsync(1);
        // One that the answer forgives, two strikes, each answered; and the one too many.
        for (var i = 0; i < 3; i++)
        {
            await wire.SendAsync(Ping(i));
            Assert.Equal(i, BinaryPrimitives.ReadInt32BigEndian((await wire.UntilAsync(Http2Frame.Ping)).Payload));
        }

        await wire.SendAsync(Ping(3));
        Http2Frame? last = null;
        while (await wire.ReadAsync() is { } frame)
            last = frame;

        Assert.Equal(Http2Frame.GoAway, last!.Type);
        Assert.Equal(1, BinaryPrimitives.ReadInt32BigEndian(last.Payload));
        Assert.Equal(0xb, BinaryPrimitives.ReadInt32BigEndian(last.Payload.AsSpan(4)));
        Assert.Equal("too_many_pings", Encoding.ASCII.GetString(last.Payload.AsSpan(8)));
        using var another = await Http2Wire.ConnectAsync(host.Port, tls);
        await AssertServesAsync(another);
    }

    [Fact]
    public async Task PingFlood_WithCallsOpen_EndsThemAndTheConnection()
    {
        await using var host = await StartAsync(null);
        using var wire = await Http2Wire.ConnectAsync(host.Port);
        await wire.SendAsync([.. Http2Wire.Hello, .. Http2Wire.Call(1, TestMethods.Chat.Path, [1], isLast: false)]);
        await wire.UntilAsync(Http2Frame.Data);
        await wire.SendAsync([.. Enumerable.Range(0, 100_000).SelectMany(Ping)]);
        // The reason may be lost on the way: a connection that is closed with bytes unread is reset.
        await wire.DrainAsync();
        while (host.Room.CallsInFlight > 0)
            await Task.Yield();
        using var another = await Http2Wire.ConnectAsync(host.Port);
        await AssertServesAsync(another);
    }

    [Fact]
    public async Task ClientThatMeasuresTheWay_IsNotCutOff()
    {
        // .NET's client pings while it receives, to size its windows.
        await using var host = await StartAsync(null);
        using var channel = new GrpcChannel(host.Endpoint);
        var large = new byte[1024 * 1024];
        for (var i = 0; i < 50; i++)
            Assert.Equal(large.Length, (await channel.UnaryAsync(TestMethods.Echo.Path, large)).Length);
    }

    private static Task<RoomHost> StartAsync(TlsServerOptions? tls) => RoomHost.StartAsync(
        TestMethods.AddAll, kestrel: new GrpcKestrelOptions { ClientPingTimeMin = TimeSpan.FromSeconds(5) }, tls: tls);

    private static byte[] Ping(int number)
    {
        var payload = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(payload, number);
        return Http2Wire.Frame(Http2Frame.Ping, 0, 0, payload);
    }

    private static async Task AssertServesAsync(Http2Wire wire)
    {
        await wire.SendAsync([.. Http2Wire.Hello, .. Http2Wire.Call(1, TestMethods.Echo.Path, [1])]);
        await wire.UntilAnsweredAsync(1);
    }
}
