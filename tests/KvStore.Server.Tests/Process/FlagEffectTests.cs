using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using KvStore.Server.Tests.Http;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Process;

/// <summary>Flags whose effect is seen in what a running member answers.</summary>
public sealed class FlagEffectTests
{
    // Of HTTP/2 (RFC 9113, 6): kinds of frames, and the setting for the number of streams.
    private const byte SettingsFrame = 4, PingFrame = 6, GoAwayFrame = 7, NoFrame = 255, MaxConcurrentStreams = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Limits_AreThoseOfTheFlags()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(
            Checkout.Server, folder.Combine("data"), "--max-txn-ops", "2", "--max-request-bytes", "2000", "--max-learners", "2",
            "--compaction-batch-limit", "1", "--watch-progress-notify-interval", "100ms", "--advertise-client-urls", "http://store.example:2379");
        member.Start();
        await member.UntilReadyAsync(Patience);
        using var http = new HttpClient();

        const string put = """{"request_put":{"key":"YQ=="}}""", other = """{"request_put":{"key":"Yg=="}}""", third = """{"request_put":{"key":"Yw=="}}""";
        Assert.Contains("\"succeeded\":true", await AskAsync(http, member, "kv/txn", $$"""{"success":[{{put}},{{other}}]}"""), StringComparison.Ordinal);
        Assert.Contains("etcdserver: too many operations in txn request", await AskAsync(http, member, "kv/txn", $$"""{"success":[{{put}},{{other}},{{third}}]}"""), StringComparison.Ordinal);

        Assert.Contains("revision", await AskAsync(http, member, "kv/put", $$"""{"key":"YQ==","value":"{{Convert.ToBase64String(new byte[1000])}}"}"""), StringComparison.Ordinal);
        Assert.Contains("etcdserver: request is too large", await AskAsync(http, member, "kv/put", $$"""{"key":"YQ==","value":"{{Convert.ToBase64String(new byte[2000])}}"}"""), StringComparison.Ordinal);

        foreach (var (port, refusal) in new[] { (1, "\"isLearner\":true"), (2, "\"isLearner\":true"), (3, "etcdserver: too many learner members in cluster") })
            Assert.Contains(refusal, await AskAsync(http, member, "cluster/member/add", $$"""{"peerURLs":["http://127.0.0.1:{{port}}"],"isLearner":true}"""), StringComparison.Ordinal);
        Assert.Contains("\"clientURLs\":[\"http://store.example:2379\"]", await AskAsync(http, member, "cluster/member/list", "{}"), StringComparison.Ordinal);

        for (var i = 0; i < 5; i++)
            await AskAsync(http, member, "kv/put", """{"key":"YQ=="}""");
        await AskAsync(http, member, "kv/compaction", """{"revision":"8","physical":true}""");
        var page = await MetricsPage.ReadAsync(http, member);
        Assert.Equal((6, true), (page["etcd_debugging_mvcc_db_compaction_keys_total"], page["etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds_count"] >= 6));

        using var watch = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{member.Endpoint}/v3/watch")) { Content = new StringContent("""{"create_request":{"key":"YQ==","progress_notify":true}}""") };
        using var stream = await http.SendAsync(watch, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await stream.Content.ReadAsStreamAsync());
        using var limit = new CancellationTokenSource(Patience);
        Assert.Contains("\"created\":true", await lines.ReadLineAsync(limit.Token), StringComparison.Ordinal);
        // Nothing was written since: only the interval can bring another line.
        Assert.Contains("\"revision\":\"8\"", await lines.ReadLineAsync(limit.Token), StringComparison.Ordinal);
    }

    /// <summary>What the flags of connections say is seen in the frames of one: how many streams, when the server pings, and who pings too often.</summary>
    [Fact]
    public async Task Connections_AreKeptAsTheFlagsSay()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(
            Checkout.Server, folder.Combine("data"), "--max-concurrent-streams", "7", "--grpc-keepalive-interval", "1s", "--grpc-keepalive-timeout", "1s", "--grpc-keepalive-min-time", "1h");
        member.Start();
        await member.UntilReadyAsync(Patience);
        using var limit = new CancellationTokenSource(Patience);

        using var silent = await HelloAsync(member, limit.Token);
        var settings = await UntilFrameAsync(silent.GetStream(), SettingsFrame, limit.Token);
        var streams = Enumerable.Range(0, settings.Length / 6).Single(i => settings[(i * 6) + 1] == MaxConcurrentStreams);
        Assert.Equal(7, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(settings.AsSpan((streams * 6) + 2)));
        // Silent, so pinged; the ping is not answered, so closed.
        await UntilFrameAsync(silent.GetStream(), PingFrame, limit.Token);
        await Assert.ThrowsAnyAsync<IOException>(() => UntilFrameAsync(silent.GetStream(), NoFrame, limit.Token));

        using var eager = await HelloAsync(member, limit.Token);
        for (var i = 0; i < 4; i++)
            await eager.GetStream().WriteAsync(new byte[] { 0, 0, 8, PingFrame, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)i }, limit.Token);
        Assert.EndsWith("too_many_pings", Encoding.ASCII.GetString(await UntilFrameAsync(eager.GetStream(), GoAwayFrame, limit.Token)), StringComparison.Ordinal);
    }

    /// <summary>JSON lines with level, time and message first, unless asked for lines of text.</summary>
    [Theory]
    [InlineData("json")]
    [InlineData("console")]
    public async Task Log_HasTheFormOfLogFormat(string format)
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--log-format", format);
        member.Start();
        await member.UntilReadyAsync(Patience);
        var ready = member.Process.Errors.Split('\n').First(line => line.Contains("ready to serve client requests", StringComparison.Ordinal));
        if (format == "console")
        {
            Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} info  ready to serve client requests", ready);
            return;
        }

        foreach (var line in member.Process.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var record = JsonDocument.Parse(line);
            Assert.Equal(["level", "ts", "msg"], record.RootElement.EnumerateObject().Take(3).Select(field => field.Name));
        }
    }

    [Fact]
    public async Task TlsMinVersion_RefusesOlderOnes()
    {
        using var folder = new TestFolder();
        var plain = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--tls-min-version", "TLS1.3");
        var url = string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{plain.ClientPort}");
        using var member = plain.With("--auto-tls", "--listen-client-urls", url, "--advertise-client-urls", url);
        member.Start();
        await member.UntilReadyAsync(Patience);
        Assert.Equal(SslProtocols.Tls13, await SpokenAsync(member, SslProtocols.Tls13));
        await Assert.ThrowsAnyAsync<Exception>(() => SpokenAsync(member, SslProtocols.Tls12));
    }

    /// <summary>localhost, IPv6, everywhere, and a socket in the file system.</summary>
    [Theory]
    [InlineData("http://localhost:{0}", "127.0.0.1")]
    [InlineData("http://[::1]:{0}", "::1")]
    [InlineData("http://0.0.0.0:{0}", "127.0.0.1")]
    [InlineData("unix://{1}", "")]
    public async Task ListenClientUrls_OfEveryKind_AreServed(string url, string address)
    {
        using var folder = new TestFolder();
        var plain = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"));
        var socketPath = folder.Combine("client.sock");
        var listen = string.Format(CultureInfo.InvariantCulture, url, plain.ClientPort, socketPath);
        using var member = plain.With("--listen-client-urls", listen, "--advertise-client-urls", listen);
        member.Start();
        await member.UntilReadyAsync(Patience);
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                EndPoint endpoint = address.Length > 0 ? new IPEndPoint(IPAddress.Parse(address), member.ClientPort) : new UnixDomainSocketEndPoint(socketPath);
                var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(endpoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var http = new HttpClient(handler);
        Assert.Contains("\"health\":\"true\"", await http.GetStringAsync(new Uri("http://member/health")), StringComparison.Ordinal);
    }

    /// <summary>The others are lost for good: one goes on alone with what it has.</summary>
    [Fact]
    public async Task ForceNewCluster_LeavesOneMemberWithItsData()
    {
        using var folder = new TestFolder();
        var members = ServerProcess.Cluster(Checkout.Server, folder.Path, 3, "http", _ => []);
        try
        {
            foreach (var member in members)
                member.Start();
            foreach (var member in members)
                await member.UntilReadyAsync(Patience);
            using var http = new HttpClient();
            await AskAsync(http, members[0], "kv/put", """{"key":"YQ==","value":"Yg=="}""");
            await AskAsync(http, members[0], "kv/range", """{"key":"YQ=="}""");
            foreach (var member in members)
                await member.KillAsync();
            using var alone = members[0].With("--force-new-cluster");
            alone.Start();
            await alone.UntilReadyAsync(Patience);
            using var listed = JsonDocument.Parse(await AskAsync(http, alone, "cluster/member/list", "{}"));
            Assert.Equal("m1", Assert.Single(listed.RootElement.GetProperty("members").EnumerateArray().ToArray()).GetProperty("name").GetString());
            Assert.Contains("\"value\":\"Yg==\"", await AskAsync(http, alone, "kv/range", """{"key":"YQ=="}"""), StringComparison.Ordinal);
        }
        finally
        {
            foreach (var member in members)
                member.Dispose();
        }
    }

    /// <summary>A connection with the preface and empty settings sent.</summary>
    private static async Task<TcpClient> HelloAsync(ServerProcess member, CancellationToken limit)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", member.ClientPort, limit);
        await client.GetStream().WriteAsync((byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, SettingsFrame, 0, 0, 0, 0, 0], limit);
        return client;
    }

    /// <summary>The payload of the next frame of a kind; the end of the connection is an error.</summary>
    private static async Task<byte[]> UntilFrameAsync(NetworkStream stream, byte kind, CancellationToken limit)
    {
        while (true)
        {
            var head = new byte[9];
            await stream.ReadExactlyAsync(head, limit);
            var payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await stream.ReadExactlyAsync(payload, limit);
            if (head[3] == kind)
                return payload;
        }
    }

    private static async Task<SslProtocols> SpokenAsync(ServerProcess member, SslProtocols offered)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", member.ClientPort);
        await using var ssl = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        await ssl.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "127.0.0.1", EnabledSslProtocols = offered });
        return ssl.SslProtocol;
    }

    private static async Task<string> AskAsync(HttpClient http, ServerProcess member, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8);
        using var answer = await http.PostAsync(new Uri($"http://{member.Endpoint}/v3/{path}"), content);
        return await answer.Content.ReadAsStringAsync();
    }
}
