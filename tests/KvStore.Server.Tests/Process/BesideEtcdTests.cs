using System.Globalization;
using System.Text.Json;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Process;

/// <summary>The same words and files given to etcd and to this server: both start, or both refuse with the same text and exit code.</summary>
public sealed class BesideEtcdTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static TheoryData<string[]> WrongArguments { get; } =
    [
        ["--no-such"],
        ["--experimental-foo"],
        ["--name"],
        ["---name"],
        ["--heartbeat-interval=x"],
        ["--unsafe-no-fsync=maybe"],
        ["--initial-cluster-state=maybe"],
        ["--config-file=/no/such"],
        ["--listen-client-urls=http://127.0.0.1:1"],
        ["--listen-client-urls=http://example.com:1", "--advertise-client-urls=http://example.com:1"],
        ["--election-timeout=200"],
        ["--election-timeout=60000"],
        ["--heartbeat-interval=0"],
        ["--heartbeat-interval=99999999999999999999"],
        ["--quota-backend-bytes=9223372036854775808"],
        ["--quota-backend-bytes=5k"],
        ["--quota-backend-bytes=1.5"],
        ["--max-request-bytes=-5"],
        ["--max-txn-ops=-1"],
        ["--snapshot-count=-1"],
        ["--tls-min-version=TLS1.0"],
        ["--tls-min-version=TLS1.3", "--tls-max-version=TLS1.2"],
        ["--tls-min-version=TLS1.3", "--cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
        ["--log-outputs=default,stderr"],
        ["--enable-log-rotation", "--log-outputs=stderr"],
        ["--enable-log-rotation", "--log-outputs=a.log,b.log"],
        ["--logger=capnslog"],
    ];

    [Theory]
    [MemberData(nameof(WrongArguments))]
    public async Task WrongArguments_AreRefusedAlike(string[] arguments)
    {
        using var folder = new TestFolder();
        string[] all = ["--data-dir", folder.Combine("data"), .. arguments];
        var theirs = await ChildProcess.RunAsync(Checkout.Etcd, all, limit: Patience);
        var ours = await ChildProcess.RunAsync(Checkout.Server, all, limit: Patience);
        Assert.Equal(theirs.ExitCode, ours.ExitCode);
        Assert.Contains(ReasonOf(theirs.Errors), ours.Errors, StringComparison.Ordinal);
        Assert.Single(ours.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => line[0] != '{');
    }

    /// <summary>Odd, and taken: etcd starts with each of them.</summary>
    [Theory]
    [InlineData("--quota-backend-bytes=-5")]
    [InlineData("--quota-backend-bytes=9223372036854775807")]
    [InlineData("--max-request-bytes=99999999999")]
    [InlineData("--max-request-bytes=0")]
    [InlineData("--max-txn-ops=99999999999")]
    [InlineData("--max-concurrent-streams=0")]
    [InlineData("--grpc-keepalive-interval=-1s")]
    [InlineData("--grpc-keepalive-timeout=1ms")]
    public async Task OddNumber_StartsBoth(string argument)
    {
        using var folder = new TestFolder();
        foreach (var program in new[] { Checkout.Etcd, Checkout.Server })
        {
            using var member = ServerProcess.OneMember(program, folder.Combine(Path.GetFileName(program)), argument);
            member.Start();
            await member.UntilReadyAsync(Patience);
        }
    }

    [Fact]
    public async Task WrongVariable_IsRefusedAlike()
    {
        var environment = new Dictionary<string, string> { ["ETCD_HEARTBEAT_INTERVAL"] = "x" };
        var theirs = await ChildProcess.RunAsync(Checkout.Etcd, [], environment: environment, limit: Patience);
        var ours = await ChildProcess.RunAsync(Checkout.Server, [], environment: environment, limit: Patience);
        Assert.Equal(theirs.ExitCode, ours.ExitCode);
        Assert.Contains(ReasonOf(theirs.Errors), ours.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneConfigurationFile_StartsBoth()
    {
        foreach (var program in new[] { Checkout.Etcd, Checkout.Server })
        {
            using var folder = new TestFolder();
            var ports = FreePorts.Take(2);
            string Url(int index) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ports[index]}");
            var file = folder.Combine("etcd.yaml");
            await File.WriteAllTextAsync(file, $"""
                name: from-file
                data-dir: {folder.Combine("data")}
                wal-dir:
                snapshot-count: 10000
                heartbeat-interval: 100
                election-timeout: 1000
                quota-backend-bytes: 0
                listen-peer-urls: {Url(1)}
                listen-client-urls: {Url(0)}
                max-snapshots: 5
                max-wals: 5
                cors:
                initial-advertise-peer-urls: {Url(1)}
                advertise-client-urls: {Url(0)}
                initial-cluster: from-file={Url(1)}
                initial-cluster-token: "etcd-cluster"
                initial-cluster-state: 'new'
                strict-reconfig-check: false
                client-transport-security:
                  cert-file:
                  key-file:
                  client-cert-auth: false
                  trusted-ca-file:
                  auto-tls: false
                peer-transport-security:
                  cert-file:
                  key-file:
                  client-cert-auth: false
                  trusted-ca-file:
                  auto-tls: false
                self-signed-cert-validity: 1
                log-level: debug
                logger: zap
                log-outputs: [stderr]
                experimental-watch-progress-notify-interval: 5000000000
                """);
            // The flags are wrong and stand beside a file: neither looks at them.
            using var member = new ServerProcess(program, "from-file", ports[0], ports[1], ["--config-file", file, "--election-timeout=1", "--name=flag"]);
            member.Start();
            await member.UntilReadyAsync(Patience);
            Assert.True(await member.IsHealthyAsync());
            await member.KillAsync();
        }
    }

    /// <summary>The reason alone: the first line for people, or the error of the line in the log.</summary>
    private static string ReasonOf(string errors)
    {
        foreach (var line in errors.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] != '{')
                return line;
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.TryGetProperty("error", out var error))
                return error.GetString()!;
        }

        throw new InvalidOperationException("etcd gave no reason:\n" + errors);
    }
}
