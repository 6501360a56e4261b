using KvStore.Server.Configuration;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Configuration;

/// <summary>etcd's configuration file: its keys, its forms of values, and that nothing else counts beside it.</summary>
public sealed class ConfigFileTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Keys_OfEveryForm_AreRead()
    {
        var file = Write("""
            # as in etcd's sample
            name: 'm1'
            data-dir: /var/lib/m1
            wal-dir:
            heartbeat-interval: 200
            election-timeout: 2000
            quota-backend-bytes: -1
            listen-peer-urls: http://127.0.0.1:1, http://127.0.0.1:2
            initial-advertise-peer-urls: http://127.0.0.1:1,http://127.0.0.1:2
            pre-vote: off
            strict-reconfig-check: false
            watch-progress-notify-interval: 5000000000
            experimental-max-learners: 3
            feature-gates: InitialCorruptCheck=true,AllBeta=false
            log-outputs: [stderr, /tmp/a.log]
            listen-client-urls: https://127.0.0.1:3
            client-transport-security:
              auto-tls: true
              trusted-ca-file: ca.crt
              allowed-hostname: [a, b]
            peer-transport-security:
              allowed-cn:
                - c
                - d
              skip-client-san-verification: true
            """);
        var options = Read(["--config-file", file]);
        Assert.Equal("m1", options.Name);
        Assert.Equal("/var/lib/m1", options.DataDirectory);
        Assert.Null(options.WalDirectory);
        Assert.Equal(TimeSpan.FromMilliseconds(200), options.HeartbeatInterval);
        Assert.Equal(TimeSpan.FromSeconds(2), options.ElectionTimeout);
        Assert.Equal(-1, options.QuotaBytes);
        Assert.Equal(["http://127.0.0.1:1", "http://127.0.0.1:2"], options.ListenPeer.Select(endpoint => endpoint.Url));
        Assert.False(options.PreVote);
        Assert.False(options.StrictReconfigurationCheck);
        Assert.Equal(TimeSpan.FromSeconds(5), options.WatchProgressInterval);
        Assert.Equal(3, options.LearnersMax);
        Assert.True(options.Gates.IsEnabled("InitialCorruptCheck"));
        Assert.False(options.Gates.IsEnabled("TxnModeWriteWithSharedBuffer"));
        Assert.Equal(["stderr", "/tmp/a.log"], options.LogOutputs);
        Assert.Equal(Path.Combine(_folder.Path, "ca.crt"), options.ClientTls.TrustedAuthorities);
        Assert.Equal(["a", "b"], options.ClientTls.AllowedHostNames);
        Assert.Equal(["c", "d"], options.PeerTls.AllowedCommonNames);
        Assert.False(options.PeerTls.VerifiesRemoteAddress);
        Assert.Contains("--experimental-max-learners is deprecated: use --max-learners", options.Warnings);
    }

    [Fact]
    public void Json_IsYaml() => Assert.Equal("j", Read(["--config-file", Write("""{"name": "j", "max-txn-ops": 7}""")]).Name);

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("null")]
    public void Nothing_MeansTheDefaults(string content) => Assert.Equal("default", Read(["--config-file", Write(content)]).Name);

    [Fact]
    public void FlagsAndVariables_BesideAFile_AreIgnored()
    {
        var options = Read(["--name=flag", "--heartbeat-interval=7", "--config-file", Write("name: file")], ("ETCD_ELECTION_TIMEOUT", "7"), ("ETCD_NO_SUCH", "1"));
        Assert.Equal("file", options.Name);
        Assert.Equal(TimeSpan.FromMilliseconds(100), options.HeartbeatInterval);
        Assert.Equal(TimeSpan.FromSeconds(1), options.ElectionTimeout);
        Assert.Empty(options.Warnings);
    }

    [Fact]
    public void Variable_NamesTheFile() => Assert.Equal("file", Read([], ("ETCD_CONFIG_FILE", Write("name: file"))).Name);

    [Fact]
    public void ListenWithoutAdvertise_IsFineInAFile() =>
        Assert.Equal(["http://localhost:2379"], Read(["--config-file", Write("listen-client-urls: http://127.0.0.1:1")]).AdvertiseClient);

    [Fact]
    public void CertificateWithoutKey_IsFineInAFileWhoseListenersSpeakClearText()
    {
        const string certificate = "client-transport-security:\n  cert-file: none.crt\n";
        Assert.False(Read(["--config-file", Write("listen-client-urls: http://127.0.0.1:1\n" + certificate)]).ClientTls.HasCertificate);
        var refused = Assert.Throws<ConfigurationException>(() => Read(["--config-file", Write("listen-client-urls: https://127.0.0.1:1\n" + certificate)]));
        Assert.Equal("--cert-file and --key-file must both be present or both absent", refused.Message);
    }

    [Fact]
    public void UnknownKey_IsIgnoredWithAWarning()
    {
        var options = Read(["--config-file", Write("no-such: 1\ncert-file: top\nclient-transport-security: {nor-this: 1}\n")]);
        Assert.Equal(
            ["no-such", "cert-file", "client-transport-security.nor-this"],
            options.Warnings.Select(warning => warning.Split(' ')[4]));
        Assert.False(options.ClientTls.HasCertificate);
    }

    [Theory]
    [InlineData("heartbeat-interval: \"10\"", "--config-file: heartbeat-interval: expected a whole number that is not negative")]
    [InlineData("heartbeat-interval: x", "--config-file: heartbeat-interval: expected a whole number that is not negative")]
    [InlineData("pre-vote: 1", "--config-file: pre-vote: expected true or false")]
    [InlineData("watch-progress-notify-interval: 5s", "--config-file: watch-progress-notify-interval: expected a duration in whole nanoseconds")]
    [InlineData("listen-peer-urls: [http://127.0.0.1:1]", "--config-file: listen-peer-urls: expected one value")]
    [InlineData("log-outputs: stderr", "--config-file: log-outputs: expected a list")]
    [InlineData("peer-transport-security: x", "--config-file: peer-transport-security: expected keys and values")]
    [InlineData("initial-cluster-state: maybe", "unexpected clusterState \"maybe\"")]
    [InlineData("feature-gates: No=true", "--config-file: feature-gates: invalid value \"No=true\": unrecognized feature gate: No")]
    [InlineData("election-timeout: 200", "--election-timeout[200ms] should be at least as 5 times as --heartbeat-interval[100ms]")]
    public void WrongValue_EndsWithOneLine(string content, string message)
    {
        var exception = Assert.Throws<ConfigurationException>(() => Read(["--config-file", Write(content)]));
        Assert.Equal(message, exception.Message);
        Assert.Equal(1, exception.ExitCode);
    }

    [Theory]
    [InlineData("a: [")]
    [InlineData("name: a\nname: b\n")]
    [InlineData("- name")]
    public void NoYaml_EndsWithOneLineThatNamesTheFile(string content)
    {
        var file = Write(content);
        var exception = Assert.Throws<ConfigurationException>(() => Read(["--config-file", file]));
        Assert.StartsWith($"--config-file: {file}", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public void NoFile_EndsWithEtcdsLine() =>
        Assert.Equal("open /no/such: no such file or directory", Assert.Throws<ConfigurationException>(() => Read(["--config-file=/no/such"])).Message);

    private string Write(string content)
    {
        File.WriteAllText(_folder.Combine("ca.crt"), "");
        var path = _folder.Combine("etcd.yaml");
        File.WriteAllText(path, content.Replace("ca.crt", _folder.Combine("ca.crt"), StringComparison.Ordinal));
        return path;
    }

    private static ServerOptions Read(string[] arguments, params (string Name, string Value)[] environment) =>
        ServerOptionsReader.Read(Settings.Join(
            CommandLine.Read(arguments), environment.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal)));
}
