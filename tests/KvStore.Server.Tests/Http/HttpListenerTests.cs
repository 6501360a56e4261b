using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text.Json;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Http;

/// <summary>Which port serves what, and who may ask over plain HTTP (contract 4.1).</summary>
public sealed class HttpListenerTests
{
    [Fact]
    public async Task HttpUrls_SplitThePorts_GrpcOnOneAndHttpOnTheOther()
    {
        using var folder = new TestFolder();
        var port = FreePorts.Take(1)[0];
        var plain = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--listen-client-http-urls", plain);
        member.Start();
        await member.UntilReadyAsync();
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(plain + "/health"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(http, plain + "/v3/maintenance/status")).StatusCode);
        // The gRPC port hangs up on HTTP/1.1, the HTTP port knows no gRPC.
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri($"http://{member.Endpoint}/health")));
        using var channel = new GrpcChannel("http://" + member.Endpoint, new GrpcChannelOptions { RepeatsMax = 0 });
        await channel.UnaryAsync("/etcdserverpb.Maintenance/Status", new StatusRequest(), StatusResponse.Parser, new CallOptions());
        using var wrong = new GrpcChannel(plain, new GrpcChannelOptions { RepeatsMax = 0 });
        await Assert.ThrowsAsync<GrpcException>(() => wrong.UnaryAsync("/etcdserverpb.Maintenance/Status", new StatusRequest(), StatusResponse.Parser, new CallOptions()));
    }

    /// <summary>CVE-2018-1099 and CVE-2018-5702: a name that is not ours is refused, but only over clear-text HTTP.</summary>
    [Fact]
    public async Task HostList_RefusesOtherNames_AndNeverGrpc()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--host-whitelist", "127.0.0.1,store.example");
        member.Start();
        await member.UntilReadyAsync();
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, await AskAsync(http, member, "127.0.0.1"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(http, member, "store.example:2379"));
        Assert.Equal(HttpStatusCode.MisdirectedRequest, await AskAsync(http, member, "evil.example"));
        Assert.Equal(HttpStatusCode.MisdirectedRequest, await AskAsync(http, member, "localhost"));
        using var channel = new GrpcChannel("http://localhost:" + member.ClientPort.ToString(CultureInfo.InvariantCulture), new GrpcChannelOptions());
        await channel.UnaryAsync("/etcdserverpb.Maintenance/Status", new StatusRequest(), StatusResponse.Parser, new CallOptions());
    }

    [Fact]
    public async Task Cors_WithAList_AllowsThoseOrigins()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--cors", "http://one.example,http://two.example");
        member.Start();
        await member.UntilReadyAsync();
        using var http = new HttpClient();
        foreach (var (origin, allowed) in new[] { ("http://two.example", "http://two.example"), ("http://evil.example", null), (null, null) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{member.Endpoint}/health"));
            if (origin is not null)
                request.Headers.Add("Origin", origin);
            using var response = await http.SendAsync(request);
            Assert.Equal(allowed, response.Headers.TryGetValues("Access-Control-Allow-Origin", out var values) ? values.Single() : null);
        }
    }

    [Fact]
    public async Task MetricsUrls_ServeHealthAndMetricsOnly_AndTheGatewayCanBeOff()
    {
        using var folder = new TestFolder();
        var port = FreePorts.Take(1)[0];
        var metrics = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--listen-metrics-urls", metrics, "--enable-grpc-gateway=false");
        member.Start();
        await member.UntilReadyAsync();
        using var http = new HttpClient();
        foreach (var path in new[] { "/metrics", "/health", "/livez", "/readyz", "/readyz/non_learner" })
            Assert.Equal((path, HttpStatusCode.OK), (path, (await http.GetAsync(new Uri(metrics + path))).StatusCode));
        foreach (var path in new[] { "/version", "/debug/vars", "/v3/kv/range", "/" })
            Assert.Equal((path, HttpStatusCode.NotFound), (path, (await http.GetAsync(new Uri(metrics + path))).StatusCode));
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync(http, $"http://{member.Endpoint}/v3/maintenance/status")).StatusCode);
    }

    [Fact]
    public async Task Metrics_AreCompressedForWhoAsks()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"));
        member.Start();
        await member.UntilReadyAsync();
        using var http = new HttpClient();
        foreach (var (accepted, encoding) in new[] { (null, null), ("identity", null), ("gzip", "gzip"), ("deflate, gzip;q=1.0", "gzip") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{member.Endpoint}/metrics"));
            if (accepted is not null)
                request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
            using var answer = await http.SendAsync(request);
            Assert.Equal((accepted, encoding), (accepted, answer.Content.Headers.ContentEncoding.SingleOrDefault()));
            using var body = await answer.Content.ReadAsStreamAsync();
            using var plain = new StreamReader(encoding is null ? body : new GZipStream(body, CompressionMode.Decompress));
            Assert.Contains("\netcd_server_has_leader 1\n", await plain.ReadToEndAsync(), StringComparison.Ordinal);
        }
    }

    /// <summary>The guard of the clients' port counts calls; a port without calls once stood still for 5 s after each 256 requests.</summary>
    [Fact]
    public async Task ManyRequestsOnOneHttp2Connection_WithoutCalls_AreAnsweredWithoutAPause()
    {
        using var folder = new TestFolder();
        var port = FreePorts.Take(1)[0];
        var metrics = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--listen-metrics-urls", metrics);
        member.Start();
        await member.UntilReadyAsync();
        using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact, Timeout = TimeSpan.FromSeconds(4) };
        for (var i = 0; i < 600; i++)
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(metrics + "/livez"))).StatusCode);
    }

    [Fact]
    public async Task DebugVars_ShowTheProcessAndItsRaft()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(
            Checkout.Server, folder.Combine("data"), "--discovery-password=canary1", "--discovery-user", "somebody:canary2");
        member.Start();
        await member.UntilReadyAsync();
        using var http = new HttpClient();
        // TOB-012, CVE-2021-28235: nothing under /debug shows a password.
        Assert.DoesNotContain("canary", await http.GetStringAsync(new Uri($"http://{member.Endpoint}/debug/vars")), StringComparison.Ordinal);
        using var variables = JsonDocument.Parse(await http.GetStringAsync(new Uri($"http://{member.Endpoint}/debug/vars")));
        var root = variables.RootElement;
        Assert.Equal(["cmdline", "file_descriptor_limit", "memstats", "raft.status"], root.EnumerateObject().Select(field => field.Name));
        var raft = root.GetProperty("raft.status");
        Assert.Equal("StateLeader", raft.GetProperty("raftState").GetString());
        Assert.Equal(raft.GetProperty("id").GetString(), raft.GetProperty("lead").GetString());
        Assert.True(raft.GetProperty("commit").GetUInt64() > 0 && root.GetProperty("memstats").GetProperty("Alloc").GetInt64() > 0);
    }

    private static async Task<HttpStatusCode> AskAsync(HttpClient http, ServerProcess member, string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{member.Endpoint}/health"));
        request.Headers.Host = host;
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, string url)
    {
        using var body = new StringContent("{}");
        return await http.PostAsync(new Uri(url), body);
    }
}
