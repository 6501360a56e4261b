using KvStore.Client;
using KvStore.Ctl.Tests.Support;
using KvStore.Testing.Network;

namespace KvStore.Ctl.Tests.Arguments;

/// <summary>The global flags reach the client that they describe, and the cluster.</summary>
public sealed class ConnectionFlagsTests(OneMember member) : IClassFixture<OneMember>
{
    [Theory]
    [InlineData("0s", "0s", null, 20)]
    [InlineData("2s", "6s", 10, 6)]
    [InlineData("30s", "1m", 30, 60)]
    public void KeepAlive_IsNeverMoreOftenThanServersTake_AndNoneForZero(string time, string timeout, int? expectedTime, int expectedTimeout)
    {
        var options = OptionsOf("--keepalive-time", time, "--keepalive-timeout", timeout, "--dial-timeout", "3s", "--command-timeout", "4s");
        Assert.Equal(expectedTime, options.KeepAliveTime?.TotalSeconds);
        Assert.Equal(expectedTimeout, options.KeepAliveTimeout.TotalSeconds);
        Assert.Equal((3, 4), (options.ConnectTimeout.TotalSeconds, options.CallTimeout!.Value.TotalSeconds));
    }

    [Fact]
    public void Token_IsTakenInPlaceOfTheUser()
    {
        var options = OptionsOf("--auth-jwt-token", "abc.def", "--user", "root:secret");
        Assert.Equal(("abc.def", null, null), (options.Token, options.User, options.Password));
        options = OptionsOf("--user", "root", "--password", "a:b");
        Assert.Equal((null, "root", "a:b"), (options.Token, options.User, options.Password));
    }

    [Fact]
    public async Task MaxRequestBytes_RefusesWhatIsLarger_BeforeItIsSent()
    {
        var run = new CtlRun();
        Assert.Equal(1, await run.RunAsync("--endpoints", member.Endpoint, "--max-request-bytes", "20", "put", "larger", new string('v', 30)));
        Assert.Equal("Error: rpc error: code = ResourceExhausted desc = trying to send message larger than max (40 vs. 20)\n", run.Errors);
        Assert.Equal(0, await run.RunAsync("--endpoints", member.Endpoint, "get", "larger"));
        Assert.Equal("", run.Output);
        Assert.Equal(2 * 1024 * 1024, OptionsOf().SendBytesMax);
    }

    [Fact]
    public async Task MaxRecvBytes_RefusesALargerAnswer()
    {
        var run = new CtlRun();
        Assert.Equal(0, await run.RunAsync("--endpoints", member.Endpoint, "put", "received", new string('v', 200)));
        Assert.Equal(1, await run.RunAsync("--endpoints", member.Endpoint, "--max-recv-bytes", "100", "get", "received"));
        Assert.Contains("code = ResourceExhausted desc = ", run.Errors, StringComparison.Ordinal);
        Assert.Equal("OK\n", run.Output);
    }

    [Fact]
    public async Task Stream_PrintsWhatAGetPrints_InEveryFormat()
    {
        var run = new CtlRun();
        for (var number = 0; number < 30; number++)
            Assert.Equal(0, await run.RunAsync("--endpoints", member.Endpoint, "put", $"streamed/{number:d2}", new string('v', 100)));
        foreach (var format in new[] { "simple", "json", "fields", "protobuf" })
        {
            string[] words = ["--endpoints", member.Endpoint, "get", "streamed/", "--prefix", "-w", format];
            var (plain, streamed) = (new CtlRun(), new CtlRun());
            Assert.Equal((0, 0), (await plain.RunAsync(words), await streamed.RunAsync([.. words, "--stream"])));
            Assert.NotEqual("", plain.Output);
            Assert.Equal(plain.Output, streamed.Output);
        }
    }

    [Fact]
    public async Task Debug_TellsOfConnectionsAndCalls()
    {
        var run = new CtlRun();
        Assert.Equal(0, await run.RunAsync("--endpoints", member.Endpoint, "--debug", "get", "nothing"));
        Assert.Contains($"http://{member.Endpoint}/: connecting\n", run.Errors, StringComparison.Ordinal);
        Assert.Contains($"http://{member.Endpoint}/etcdserverpb.KV/Range: answered by HTTP 200\n", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DiscoverySrv_FindsTheEndpoints_AndWinsOverThoseGiven()
    {
        using var names = new NameServer();
        var port = int.Parse(member.Endpoint.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
        names.Add("_etcd-client-blue._tcp.example.com", ("127.0.0.1", port));
        var run = new CtlRun { Names = names };
        Assert.Equal(0, await run.RunAsync("--discovery-srv", "example.com", "--discovery-srv-name", "blue", "--endpoints", "127.0.0.1:1", "put", "found", "v"));
        Assert.Equal(("OK\n", ""), (run.Output, run.Errors));
    }

    [Fact]
    public async Task DiscoverySrv_WithoutRecords_IsRefusedInEtcdctlsWords()
    {
        using var names = new NameServer();
        var run = new CtlRun { Names = names };
        Assert.Equal(1, await run.RunAsync("-d", "example.com", "get", "a"));
        Assert.Equal(
            "Error: dns lookup errors: lookup _etcd-client-ssl._tcp.example.com: no such host and lookup _etcd-client._tcp.example.com: no such host\n", run.Errors);
    }

    [Fact]
    public async Task InsecureDiscovery_Refused_DropsClearTextAndExpectsTheDomainsCertificate()
    {
        using var names = new NameServer();
        names.Add("_etcd-client._tcp.example.com", ("a.example.com", 1));
        names.Add("_etcd-client-ssl._tcp.example.com", ("b.example.com", 2));
        var run = new CtlRun { Names = names };
        var call = run.Parse("get", "a", "--discovery-srv=example.com", "--insecure-discovery=false");
        await Ctl.Arguments.DiscoveredEndpoints.AddToAsync(call.Flags, run.Outside.Names, run.Outside.Errors, CancellationToken.None);
        Assert.Equal("ignoring discovered insecure endpoint \"http://a.example.com:1\"\n", run.Errors);
        Assert.Equal(["https://b.example.com:2"], call.ClientOptions.Endpoints);
        Assert.Equal("example.com", call.ClientOptions.Tls!.ServerName);
    }

    private static KvClientOptions OptionsOf(params string[] flags) => new CtlRun().Parse([.. flags, "get", "a"]).ClientOptions;
}
