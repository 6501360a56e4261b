using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using KvStore.Grpc.Client;
using KvStore.Grpc.Server;

namespace KvStore.Grpc.Tests.Tls;

/// <summary>Who gets in over TLS, who does not, and what the log is told.</summary>
public sealed class TlsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly CertificateFolder _folder = new();
    private readonly BlockingCollection<string> _rejected = [];

    public TlsTests()
    {
        _folder.Sign("server", forClient: false);
        _folder.Sign("alice", forServer: false);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _rejected.Dispose();
    }

    [Fact]
    public async Task Client_WithACertificateOfOurAuthority_IsServedAndKnownByName()
    {
        await using var host = await StartAsync(Mutual());
        using var channel = Channel(host, "alice");
        Assert.Equal("alice True"u8.ToArray(), (await channel.UnaryAsync(TestMethods.Echo.Path, default)).ToArray());
        Assert.Empty(_rejected);
    }

    [Fact]
    public async Task Client_WithoutCertificate_IsRefusedWithTheReason()
    {
        await using var host = await StartAsync(Mutual());
        using var channel = Channel(host, certificate: null);
        await AssertRefusedAsync(channel);
        Assert.Equal("tls: client didn't provide a certificate", NextRejection());
    }

    [Fact]
    public async Task Client_OfAnotherAuthority_IsRefusedWithTheReason()
    {
        using var other = new CertificateFolder("other authority");
        other.Sign("alice");
        await using var host = await StartAsync(Mutual());
        using var channel = new GrpcChannel(host.TlsEndpoint, new GrpcChannelOptions
        {
            Tls = new TlsClientOptions { CaFile = _folder.CaFile, CertificateFile = other.PathOf("alice.pem"), KeyFile = other.PathOf("alice.key") },
        });
        await AssertRefusedAsync(channel);
        Assert.StartsWith("x509: ", NextRejection(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Client_ExpiredOrForServersOnly_IsRefused(bool expired, bool serverOnly)
    {
        _folder.Sign("bob", forServer: true, forClient: !serverOnly, expired);
        await using var host = await StartAsync(Mutual());
        using var channel = Channel(host, "bob");
        await AssertRefusedAsync(channel);
        Assert.Equal(expired ? "x509: NotTimeValid" : "x509: NotValidForUsage", NextRejection());
    }

    [Fact]
    public async Task Revocation_WrittenWhileRunning_HoldsForTheNextConnection()
    {
        // C16 and GHSA-3wh4: the list counts on the gRPC listener, also after it was replaced.
        var alice = _folder.Sign("alice", forServer: false);
        _folder.Sign("bob", forServer: false);
        _folder.Revoke();
        await using var host = await StartAsync(Mutual() with { CrlFile = _folder.CrlFile });
        using (var before = Channel(host, "alice"))
            await before.UnaryAsync(TestMethods.Echo.Path, default);

        _folder.Revoke(alice);
        using var after = Channel(host, "alice");
        await AssertRefusedAsync(after);
        Assert.Equal($"certificate serial {alice.SerialNumber} is revoked", NextRejection());
        using var bob = Channel(host, "bob");
        await bob.UnaryAsync(TestMethods.Echo.Path, default);
    }

    [Fact]
    public async Task Revocation_OfAnAuthorityBetween_HoldsForWhatItSigned()
    {
        using var between = _folder.MakeIntermediate();
        between.Sign("alice", forServer: false);
        _folder.Revoke();
        await using var host = await StartAsync(Mutual() with { CrlFile = _folder.CrlFile });
        TlsClientOptions Alice() => new() { CaFile = _folder.CaFile, CertificateFile = between.PathOf("alice.pem"), KeyFile = between.PathOf("alice.key") };
        using (var before = new GrpcChannel(host.TlsEndpoint, new GrpcChannelOptions { Tls = Alice() }))
            await before.UnaryAsync(TestMethods.Echo.Path, default);

        _folder.Revoke(between.Authority);
        using var after = new GrpcChannel(host.TlsEndpoint, new GrpcChannelOptions { Tls = Alice() });
        await AssertRefusedAsync(after);
        Assert.Equal($"certificate serial {between.Authority.SerialNumber} is revoked", NextRejection());
    }

    [Fact]
    public async Task Names_OfTheServerThatAreNotAllowed_AreRefusedByTheClient()
    {
        await using var host = await StartAsync(Mutual() with { ClientCaFile = null });
        var tls = new TlsClientOptions { CaFile = _folder.CaFile, AllowedCommonNames = ["server"] };
        using (var right = new GrpcChannel(host.TlsEndpoint, new GrpcChannelOptions { Tls = tls }))
            await right.UnaryAsync(TestMethods.Echo.Path, default);
        using var wrong = new GrpcChannel(host.TlsEndpoint, new GrpcChannelOptions { Tls = tls with { AllowedCommonNames = ["somebody"] } });
        var refused = await Assert.ThrowsAsync<GrpcException>(() => wrong.UnaryAsync(TestMethods.Echo.Path, default));
        Assert.Contains("common name server is not allowed", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Certificate_ReplacedWhileRunning_IsShownToTheNextConnection()
    {
        await using var host = await StartAsync(Mutual() with { ClientCaFile = null });
        var first = await ServerSerialAsync(host);
        var renewed = _folder.Sign("server", forClient: false);
        Assert.NotEqual(renewed.SerialNumber, first);
        Assert.Equal(renewed.SerialNumber, await ServerSerialAsync(host));
    }

    [Fact]
    public async Task Certificate_ReplacedByRubbish_KeepsTheOneBeforeAndSaysSo()
    {
        var unreadable = new TaskCompletionSource<Exception>();
        await using var host = await StartAsync(Mutual() with { ClientCaFile = null, OnUnreadable = exception => unreadable.TrySetResult(exception) });
        var first = await ServerSerialAsync(host);
        await File.WriteAllTextAsync(_folder.PathOf("server.pem"), "rubbish");
        Assert.Equal(first, await ServerSerialAsync(host));
        Assert.NotNull(await unreadable.Task.WaitAsync(Patience));
    }

    [Fact]
    public async Task Names_NotAllowed_AreRefused()
    {
        await using var host = await StartAsync(Mutual() with { AllowedCommonNames = ["bob"] });
        using var channel = Channel(host, "alice");
        await AssertRefusedAsync(channel);
        Assert.Equal("client certificate authentication failed: common name alice is not allowed", NextRejection());
    }

    [Fact]
    public async Task Address_NotInThePeersCertificate_IsRefused()
    {
        _folder.Sign("peer", address: "10.9.8.7");
        await using var host = await StartAsync(Mutual() with { VerifyRemoteAddress = true });
        using var right = Channel(host, "alice");
        await right.UnaryAsync(TestMethods.Echo.Path, default);
        using var wrong = Channel(host, "peer");
        await AssertRefusedAsync(wrong);
        Assert.Equal("tls: 127.0.0.1 does not match any of IPAddresses [10.9.8.7]", NextRejection());
    }

    [Fact]
    public async Task Client_DoesNotTrustTheServer_NeverSends()
    {
        using var other = new CertificateFolder("other authority");
        await using var host = await StartAsync(Mutual() with { ClientCaFile = null });
        using var untrusted = new GrpcChannel(host.TlsEndpoint, new GrpcChannelOptions { Tls = new TlsClientOptions { CaFile = other.CaFile } });
        Assert.True((await Assert.ThrowsAsync<GrpcException>(() => untrusted.UnaryAsync(TestMethods.Echo.Path, default))).NeverSent);
        using var misnamed = new GrpcChannel(host.TlsEndpoint, new GrpcChannelOptions { Tls = new TlsClientOptions { CaFile = _folder.CaFile, ServerName = "elsewhere" } });
        Assert.True((await Assert.ThrowsAsync<GrpcException>(() => misnamed.UnaryAsync(TestMethods.Echo.Path, default))).NeverSent);
        using var careless = new GrpcChannel(host.TlsEndpoint, new GrpcChannelOptions { Tls = new TlsClientOptions { InsecureSkipVerify = true } });
        await careless.UnaryAsync(TestMethods.Echo.Path, default);
    }

    [Fact]
    public async Task Http1_OverTls_IsServedBesideHttp2()
    {
        await using var host = await StartAsync(Mutual() with { ClientCaFile = null });
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        using var http = new HttpClient(handler);
        using var answer = await http.GetAsync(new Uri(host.TlsEndpoint + "/health"));
        Assert.Equal("plain HTTP/1.1", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task ClearText_OnATlsListener_IsRejectedWithAReason()
    {
        await using var host = await StartAsync(Mutual());
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, host.Port);
        await socket.GetStream().WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        await DrainAsync(socket);
        Assert.NotEqual("EOF", NextRejection());
    }

    [Fact]
    public async Task Nothing_Said_IsClosedWhenTheHandshakeTimeIsOver()
    {
        // CVE-2026-73500: silent connections must not pile up.
        var time = new ManualTime();
        await using var host = await StartAsync(Mutual(), new GrpcKestrelOptions { Time = time });
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, host.Port);
        await time.TimerArmed.WaitAsync(Patience);
        time.Advance(TimeSpan.FromSeconds(10));
        await DrainAsync(socket);
        Assert.Equal("tls: handshake timed out", NextRejection());
    }

    private TlsServerOptions Mutual() => new()
    {
        CertificateFile = _folder.PathOf("server.pem"),
        KeyFile = _folder.PathOf("server.key"),
        ClientCaFile = _folder.CaFile,
        OnRejected = (_, reason) => _rejected.Add(reason),
    };

    private static Task<RoomHost> StartAsync(TlsServerOptions tls, GrpcKestrelOptions? kestrel = null) => RoomHost.StartAsync(
        table => table.Unary(TestMethods.Echo, (call, _, response) =>
        {
            response.WriteMessage(System.Text.Encoding.ASCII.GetBytes($"{call.PeerCommonName} {call.IsTls}").AsSpan());
            return ValueTask.CompletedTask;
        }),
        tls: tls,
        kestrel: kestrel);

    private GrpcChannel Channel(RoomHost host, string? certificate) => new(host.TlsEndpoint, new GrpcChannelOptions
    {
        Tls = new TlsClientOptions
        {
            CaFile = _folder.CaFile,
            CertificateFile = certificate is null ? null : _folder.PathOf($"{certificate}.pem"),
            KeyFile = certificate is null ? null : _folder.PathOf($"{certificate}.key"),
        },
    });

    // With TLS 1.3 the client may have sent already when it hears that it is refused; either way nothing was served.
    private static async Task AssertRefusedAsync(GrpcChannel channel)
    {
        var thrown = await Assert.ThrowsAsync<GrpcException>(() => channel.UnaryAsync(TestMethods.Echo.Path, default));
        Assert.Equal(StatusCode.Unavailable, thrown.Code);
    }

    private string NextRejection()
    {
        Assert.True(_rejected.TryTake(out var reason, Patience));
        return reason;
    }

    internal static async Task<string> ServerSerialAsync(RoomHost host)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, host.Port);
        await using var ssl = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await ssl.AuthenticateAsClientAsync("127.0.0.1");
        return ssl.RemoteCertificate!.GetSerialNumberString();
    }

    private static async Task DrainAsync(TcpClient socket)
    {
        try
        {
            var buffer = new byte[1000];
            while (await socket.GetStream().ReadAsync(buffer).AsTask().WaitAsync(Patience) > 0)
            {
                // an alert, perhaps
            }
        }
        catch (IOException)
        {
            // reset: closed as well
        }
    }
}
