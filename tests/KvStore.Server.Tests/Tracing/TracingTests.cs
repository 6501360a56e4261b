using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;
using KvStore.Server.Configuration;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Tracing;

/// <summary>--enable-distributed-tracing: spans as a collector sees them.</summary>
public sealed class TracingTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string ParentId = "b7ad6b7169203331";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Call_OfASampledCaller_HasASpanUnderTheCallers()
    {
        using var folder = new TestFolder();
        await using var collector = await SpanCollector.StartAsync();
        using var member = await StartAsync(folder, collector, "--distributed-tracing-service-name", "the-store", "--distributed-tracing-instance-id", "m-7");
        using var channel = new GrpcChannel(member.Endpoint);
        var headers = new Metadata();
        headers.Add("traceparent", $"00-{TraceId}-{ParentId}-01");

        await channel.UnaryAsync("/etcdserverpb.KV/Range", new RangeRequest { Key = Google.Protobuf.ByteString.CopyFromUtf8("k") }, RangeResponse.Parser, new CallOptions { Headers = headers });

        var message = await collector.MessageWithAsync(Patience, "etcdserverpb.KV/Range");
        Assert.All([Bytes(TraceId), Bytes(ParentId), "the-store", "m-7", "rpc.system", "rpc.grpc.status_code"], text => Assert.Contains(text, message, StringComparison.Ordinal));
    }

    /// <summary>The rate is for those who bring no decision: with 0 nobody of them has a span, with a million all have.</summary>
    [Fact]
    public async Task Call_WithoutAParent_IsSampledAtTheRate()
    {
        using var folder = new TestFolder();
        await using var collector = await SpanCollector.StartAsync();
        using (var none = await StartAsync(folder, collector))
        {
            await PutAsync(none, "unseen");
            await none.TerminateAsync(); // sends what is left
        }

        using var all = await StartAsync(folder, collector, "--distributed-tracing-sampling-rate", "1000000");
        await PutAsync(all, "seen");

        var message = await collector.MessageWithAsync(Patience, "etcdserverpb.KV/Put");
        Assert.Equal(1, message.Split("etcdserverpb.KV/Put").Length - 1);
    }

    [Fact]
    public async Task Call_WhileTheCollectorIsAway_IsAnswered()
    {
        using var folder = new TestFolder();
        var nobody = FreePorts.Take(1)[0];
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"),
            "--enable-distributed-tracing", "--distributed-tracing-sampling-rate", "1000000", "--distributed-tracing-address", FormattableString.Invariant($"127.0.0.1:{nobody}"));
        member.Start();
        await member.UntilReadyAsync();

        await PutAsync(member, "k");
        await member.TerminateAsync();

        Assert.Equal(0, member.Process.ExitCode);
    }

    [Theory]
    [InlineData("-1", "error in tracing config: tracing sampling rate must be positive")]
    [InlineData("1000001", "error in tracing config: tracing sampling rate must be less than or equal to 1000000")]
    public void Rate_OutOfBounds_IsRefused(string rate, string error)
    {
        var settings = Settings.Join(CommandLine.Read(["--enable-distributed-tracing", "--distributed-tracing-sampling-rate", rate]), new Dictionary<string, string>());

        Assert.Equal(error, Assert.Throws<ConfigurationException>(() => TracingSettings.Read(settings)).Message);
    }

    private static async Task<ServerProcess> StartAsync(TestFolder folder, SpanCollector collector, params string[] further)
    {
        var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"),
            ["--enable-distributed-tracing", "--distributed-tracing-address", collector.Address, .. further]);
        member.Start();
        await member.UntilReadyAsync();
        return member;
    }

    private static async Task PutAsync(ServerProcess member, string key)
    {
        using var channel = new GrpcChannel(member.Endpoint);
        await channel.UnaryAsync("/etcdserverpb.KV/Put", new PutRequest { Key = Google.Protobuf.ByteString.CopyFromUtf8(key) }, PutResponse.Parser);
    }

    private static string Bytes(string hex) => System.Text.Encoding.Latin1.GetString(Convert.FromHexString(hex));
}
