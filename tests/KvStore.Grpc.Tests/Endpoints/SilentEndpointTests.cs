using System.Net;
using System.Net.Sockets;
using KvStore.Grpc.Client;
using KvStore.Grpc.Server;
using KvStore.Grpc.Tests.Tls;

namespace KvStore.Grpc.Tests.Endpoints;

/// <summary>
/// Endpoints that take connections and say nothing, as a stopped process does for which the kernel accepts. Nothing here waits for the
/// time to connect, which is an hour unless a test says otherwise.
/// </summary>
public sealed class SilentEndpointTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly TcpListener _silent = new(IPAddress.Loopback, 0);
    private readonly CertificateFolder _folder = new();

    public SilentEndpointTests()
    {
        _silent.Start();
        _folder.Sign("server", forClient: false);
    }

    private string Silent => "127.0.0.1:" + ((IPEndPoint)_silent.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);

    public void Dispose()
    {
        _silent.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false, RepeatRule.Never)]
    [InlineData(false, RepeatRule.IfNeverSent)]
    [InlineData(false, RepeatRule.IfUnavailable)]
    [InlineData(true, RepeatRule.Never)]
    [InlineData(true, RepeatRule.IfNeverSent)]
    [InlineData(true, RepeatRule.IfUnavailable)]
    public async Task Call_WhileOneEndpointIsSilent_IsAnsweredByTheOther(bool tls, RepeatRule rule)
    {
        await using var host = await StartAsync(tls);
        var scheme = tls ? "https://" : "http://";
        using var channel = Channel(TimeSpan.FromHours(1), scheme + Silent, tls ? host.TlsEndpoint : host.Endpoint);
        // More calls than endpoints: every turn is had.
        for (var i = (byte)0; i < 4; i++)
        {
            var answer = await channel.UnaryAsync(TestMethods.Echo.Path, new[] { i }, new CallOptions { Repeat = rule }).WaitAsync(Patience);
            Assert.Equal([i], answer.ToArray());
        }

        for (var i = 0; i < 3; i++)
        {
            using var stream = channel.OpenStream(TestMethods.Chat.Path, new CallOptions { Repeat = rule });
            await stream.WriteAsync("x"u8.ToArray()).WaitAsync(Patience);
            Assert.True(await stream.MoveNextAsync().AsTask().WaitAsync(Patience));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_WhenAllEndpointsAreSilent_IsNeverSentAndSaysSo(bool tls)
    {
        using var channel = Channel(TimeSpan.FromMilliseconds(20), (tls ? "https://" : "http://") + Silent);
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => channel.UnaryAsync(TestMethods.Echo.Path, default).WaitAsync(Patience));
        Assert.True(thrown.NeverSent);
        Assert.Equal(
            new GrpcStatus(StatusCode.Unavailable, $"connection error: desc = \"transport: Error while dialing: dial tcp {Silent}: i/o timeout\""), thrown.Status);
    }

    [Fact]
    public async Task Call_WhenTheServerHangsUpWithoutAWord_IsNeverSentAndSaysSo()
    {
        using var channel = Channel(TimeSpan.FromHours(1), "http://" + Silent);
        var call = channel.UnaryAsync(TestMethods.Echo.Path, default);
        (await _silent.AcceptSocketAsync().WaitAsync(Patience)).Shutdown(SocketShutdown.Send);
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => call.WaitAsync(Patience));
        Assert.True(thrown.NeverSent);
        Assert.Equal(new GrpcStatus(StatusCode.Unavailable, "connection error: desc = \"error reading server preface: EOF\""), thrown.Status);
    }

    [Fact]
    public async Task Call_CanceledWhileConnecting_EndsAtOnce()
    {
        using var channel = Channel(TimeSpan.FromHours(1), "http://" + Silent);
        using var cancel = new CancellationTokenSource();
        var call = channel.UnaryAsync(TestMethods.Echo.Path, default, cancellationToken: cancel.Token);
        using var accepted = await _silent.AcceptSocketAsync().WaitAsync(Patience);
        await cancel.CancelAsync();
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => call.WaitAsync(Patience));
        Assert.Equal(new GrpcStatus(StatusCode.Canceled, "context canceled"), thrown.Status);
        channel.Dispose();
        Assert.Equal(0, await EndAsync(accepted));
    }

    [Fact]
    public async Task Connection_ThatWaitedTooLong_IsMadeAgain()
    {
        // It said the preface and no more; a server ends it in time, and a put must not be what finds out.
        var time = new ManualTime();
        await using var host = await RoomHost.StartAsync(TestMethods.AddAll);
        using var endpoint = new Endpoint(EndpointName.Parse(host.Endpoint), new GrpcChannelOptions { Time = time });
        Assert.False(endpoint.IsReady);
        await endpoint.ConnectAsync().WaitAsync(Patience);
        Assert.True(endpoint.IsReady);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(endpoint.IsReady);
        await endpoint.ConnectAsync().WaitAsync(Patience);
        Assert.True(endpoint.IsReady);
    }

    private static async Task<int> EndAsync(Socket socket)
    {
        var buffer = new byte[64];
        int read;
        do
        {
            read = await socket.ReceiveAsync(buffer).WaitAsync(Patience);
        }
        while (read > 0);
        return read;
    }

    private Task<RoomHost> StartAsync(bool tls) => RoomHost.StartAsync(
        TestMethods.AddAll,
        tls: tls ? new TlsServerOptions { CertificateFile = _folder.PathOf("server.pem"), KeyFile = _folder.PathOf("server.key") } : null);

    private GrpcChannel Channel(TimeSpan connectTimeout, params string[] endpoints) => new(endpoints, new GrpcChannelOptions
    {
        ConnectTimeout = connectTimeout,
        Tls = new TlsClientOptions { CaFile = _folder.CaFile },
    });
}
