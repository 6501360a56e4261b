using System.Net;
using System.Text;
using System.Text.Json;
using KvStore.Api.Gateway;
using KvStore.Node;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Api.Tests.Gateway;

/// <summary>The gateway over a real listener. That it answers as etcd's does is compared in KvStore.Interop.Tests.</summary>
public sealed class JsonGatewayTests : IAsyncLifetime
{
    private const int SmallRequestBytes = 1 << 16;

    private ApiHost _host = null!;
    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Put_ThenRange_IsWrittenWithoutBlanksAndWithoutDefaults()
    {
        await PostAsync("/v3/kv/put", """{"key":"YQ==","value":"AP8="}""");
        var (status, body) = await PostAsync("/v3/kv/range", """{"key":"YQ=="}""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(
            """{"header":{"cluster_id":"12","member_id":"10","revision":"2","raft_term":"7"},"kvs":[{"key":"YQ==","create_revision":"2","mod_revision":"2","version":"1","value":"AP8="}],"count":"1"}""",
            body);
    }

    /// <summary>A success that a comparison with etcd cannot have: a learner that is in sync needs a second process.</summary>
    [Fact]
    public async Task MemberPromote_OfALearner_IsAnsweredWithTheMembers()
    {
        var (status, body) = await PostAsync("/v3/cluster/member/promote", """{"ID":"11"}""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.StartsWith("{\"header\":{\"cluster_id\":\"12\",\"member_id\":\"10\",\"raft_term\":\"7\"}", body, StringComparison.Ordinal);
        Assert.Equal(MembershipRequestKind.Promote, Assert.Single(_host.Member.Changes).Kind);
    }

    /// <summary>Whether a body comes at once or byte by byte, with blanks anywhere and strings full of braces, it is the same request.</summary>
    [Fact]
    public async Task Body_InAnyPieces_IsTheSameRequest()
    {
        var body = Encoding.UTF8.GetBytes("""  { "unknown" : "}{\"\\" , "key" : "YQ==" , "prev_kv" : true , "nested" : { "a" : [ "{" ] } }  """);
        for (var piece = 1; piece <= body.Length; piece += 7)
        {
            using var content = new PiecesContent(body, piece);
            using var response = await _host.Http.PostAsync(new Uri("/v3/kv/put", UriKind.Relative), content);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task Watch_TellsEachEventAtOnce_AndEndsWithItsClient()
    {
        var watch = _host.Services.Table.Counters.Single(counters => counters.Method.Path == "/etcdserverpb.Watch/Watch");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/v3/watch", UriKind.Relative)) { Content = new StringContent("""{"create_request":{"key":"YQ=="}}""") };
        var response = await _host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using (var lines = new StreamReader(await response.Content.ReadAsStreamAsync()))
        {
            Assert.Contains("\"created\":true", await lines.ReadLineAsync(), StringComparison.Ordinal);
            Assert.Equal((1, 0), (watch.Started, watch.Handled(Grpc.StatusCode.Canceled)));
            for (var i = 0; i < 5; i++)
            {
                // The next is written only when the one before was seen: nothing waits in a buffer.
                await PostAsync("/v3/kv/put", """{"key":"YQ==","value":"Yg=="}""");
                Assert.Contains($"\"mod_revision\":\"{i + 2}\"", await lines.ReadLineAsync(), StringComparison.Ordinal);
            }
        }

        response.Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (watch.Handled(Grpc.StatusCode.Canceled) == 0)
            await poll.WaitForNextTickAsync(limit.Token);
    }

    [Fact]
    public async Task Watch_ServerStops_EndsWithAnErrorLine()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/v3/watch", UriKind.Relative)) { Content = new StringContent("""{"create_request":{"key":"YQ=="}}""") };
        using var response = await _host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        await lines.ReadLineAsync();
        _host.Stop();
        Assert.Equal("""{"error":{"code":14,"message":"etcdserver: server stopped"}}""", await lines.ReadLineAsync());
        Assert.Null(await lines.ReadLineAsync());
    }

    [Fact]
    public async Task Body_ThatNeverEnds_IsCutOff()
    {
        var options = new ApiOptions { Time = TimeProvider.System };
        var huge = (2 * (options.RequestBytesMax + (1 << 19))) + SmallRequestBytes;
        using var content = new PiecesContent(Encoding.UTF8.GetBytes("{\"key\":\"" + new string('A', huge)), SmallRequestBytes);
        using var response = await _host.Http.PostAsync(new Uri("/v3/kv/put", UriKind.Relative), content);
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Contains("\"code\":8", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_DeeplyNested_IsRefused()
    {
        var nested = string.Concat(Enumerable.Repeat("""{"success":[{"request_txn":""", 20_000)) + "{}" + string.Concat(Enumerable.Repeat("}]}", 20_000));
        var (status, body) = await PostAsync("/v3/kv/txn", nested);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("\"code\":3", body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("/v3/maintenance/status", "{}")).Status);
    }

    /// <summary>As deep as the member takes it; the generated code by itself reads fifty transactions in each other and no more.</summary>
    [Fact]
    public async Task Txn_NestedAsDeepAsTheMemberTakesIt_IsAnswered()
    {
        const int Depth = 60;
        var nested = string.Concat(Enumerable.Repeat("""{"success":[{"request_txn":""", Depth)) + """{"success":[{"request_put":{"key":"YQ=="}}]}""" + string.Concat(Enumerable.Repeat("}]}", Depth));
        var (status, body) = await PostAsync("/v3/kv/txn", nested);
        Assert.Equal((HttpStatusCode.OK, Depth + 1), (status, body.Split("\"succeeded\":true").Length - 1));
    }

    /// <summary>A number may be written as long as the body may be; the time for it must not grow with its square.</summary>
    [Theory]
    [InlineData("1.{0}", HttpStatusCode.OK)]
    [InlineData("\"1.{0}\"", HttpStatusCode.OK)]
    [InlineData("1{0}", HttpStatusCode.BadRequest)]
    public async Task Number_OfManyZeros_IsReadInOnePass(string number, HttpStatusCode expected)
    {
        var zeros = new string('0', SmallRequestBytes);
        var (status, _) = await PostAsync("/v3/kv/range", $"{{\"key\":\"YQ==\",\"limit\":{number.Replace("{0}", zeros, StringComparison.Ordinal)}}}");
        Assert.Equal(expected, status);
    }

    /// <summary>Whatever comes, it is answered with JSON, and never as if the server were at fault.</summary>
    [Fact]
    public async Task Garbage_IsAnsweredWithAClientsError()
    {
        var prng = new Prng(5);
        var paths = GatewayRoutes.All.Where(route => !route.Value.IsServerStreaming && !route.Value.IsClientStreaming && IsDone(route.Value.FullName))
            .Select(route => route.Key).Order(StringComparer.Ordinal).ToArray();
        var marks = "{}[]\":,\\ 0123456789eE.-keyvalueIDTTLsucceskvnullotargetYQ==\u0000\u00ff"u8.ToArray();
        for (var i = 0; i < 3000; i++)
        {
            var body = new byte[prng.Below(60)];
            for (var at = 0; at < body.Length; at++)
                body[at] = marks[prng.Below(marks.Length)];
            if (body.Length > 0 && prng.Chance(3, 4))
                body[0] = (byte)'{';
            using var content = new ByteArrayContent(body);
            var path = paths[prng.Below(paths.Length)];
            using var response = await _host.Http.PostAsync(new Uri(path, UriKind.Relative), content);
            var answer = await response.Content.ReadAsStringAsync();
            using var json = JsonDocument.Parse(answer);
            var code = json.RootElement.TryGetProperty("code", out var value) ? value.GetInt32() : 0;
            Assert.True(code is not (13 or 15), $"{path} {Encoding.Latin1.GetString(body)}: {answer}");
        }
    }

    [Fact]
    public async Task Calls_AreCountedAsCalls()
    {
        var put = _host.Services.Table.Counters.Single(counters => counters.Method.Path == "/etcdserverpb.KV/Put");
        var before = (put.Started, put.Handled(Grpc.StatusCode.OK), put.Handled(Grpc.StatusCode.InvalidArgument));
        await PostAsync("/v3/kv/put", """{"key":"YQ=="}""");
        await PostAsync("/v3/kv/put", "{}");
        Assert.Equal((before.Item1 + 2, before.Item2 + 1, before.Item3 + 1), (put.Started, put.Handled(Grpc.StatusCode.OK), put.Handled(Grpc.StatusCode.InvalidArgument)));
    }

    [Fact]
    public void EveryRpcOfEtcd_HasAPath_ButRangeStream()
    {
        var services = new[] { RpcReflection.Descriptor, Protocol.Election.ElectionReflection.Descriptor, Protocol.Lock.LockReflection.Descriptor };
        var methods = services.SelectMany(file => file.Services).SelectMany(service => service.Methods).Select(method => method.FullName);
        Assert.Equal(["etcdserverpb.KV.RangeStream"], methods.Except(GatewayRoutes.All.Values.Select(method => method.FullName)));
    }

    // Lock and Campaign are right to wait for whoever was first, garbage or not.
    private static bool IsDone(string method) =>
        method is not ("v3lockpb.Lock.Lock" or "v3electionpb.Election.Campaign") && !MissingRpcs.Paths.Contains("/" + method[..method.LastIndexOf('.')] + "/" + method[(method.LastIndexOf('.') + 1)..]);

    private async Task<(HttpStatusCode Status, string Body)> PostAsync(string path, string body)
    {
        using var content = new StringContent(body);
        using var response = await _host.Http.PostAsync(new Uri(path, UriKind.Relative), content);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>A body without a length, sent piece by piece.</summary>
    private sealed class PiecesContent(byte[] bytes, int piece) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var at = 0; at < bytes.Length; at += piece)
            {
                await stream.WriteAsync(bytes.AsMemory(at, Math.Min(piece, bytes.Length - at)));
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
