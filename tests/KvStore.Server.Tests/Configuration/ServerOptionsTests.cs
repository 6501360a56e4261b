using System.Net.Security;
using KvStore.Server.Configuration;

namespace KvStore.Server.Tests.Configuration;

public sealed class ServerOptionsTests
{
    [Fact]
    public void Nothing_GivesEtcdsDefaults()
    {
        var options = Read([]);
        Assert.Equal("default", options.Name);
        Assert.Equal("default.etcd", options.DataDirectory);
        Assert.Equal(TimeSpan.FromMilliseconds(100), options.HeartbeatInterval);
        Assert.Equal(TimeSpan.FromSeconds(1), options.ElectionTimeout);
        Assert.Equal(2147483648, options.QuotaBytes);
        Assert.Equal(1572864, options.RequestBytesMax);
        Assert.Equal(128, options.TxnOperationsMax);
        Assert.Null(options.SnapshotCount);
        Assert.Equal(TimeSpan.FromMinutes(10), options.WatchProgressInterval);
        Assert.Equal(["http://localhost:2380"], options.InitialCluster["default"]);
        Assert.Empty(options.Warnings);
    }

    [Fact]
    public void Flag_WinsOverItsVariable()
    {
        var options = Read(["--name=flag"], ("ETCD_NAME", "variable"), ("ETCD_HEARTBEAT_INTERVAL", "50"));
        Assert.Equal("flag", options.Name);
        Assert.Equal(TimeSpan.FromMilliseconds(50), options.HeartbeatInterval);
        Assert.Contains("environment variable ETCD_NAME is shadowed by the command-line flag", options.Warnings);
    }

    [Fact]
    public void UnknownVariable_IsAWarning() =>
        Assert.Contains("unrecognized environment variable ETCD_NO_SUCH", Read([], ("ETCD_NO_SUCH", "1")).Warnings);

    [Theory]
    [InlineData("--election-timeout[200ms] should be at least as 5 times as --heartbeat-interval[100ms]", "--election-timeout=200")]
    [InlineData("--election-timeout[60000ms] is too long, and should be set less than 50000ms", "--election-timeout=60000")]
    [InlineData("--heartbeat-interval must be >0 (set to 0ms)", "--heartbeat-interval=0")]
    [InlineData("--advertise-client-urls is required when --listen-client-urls is set explicitly", "--listen-client-urls=http://127.0.0.1:1")]
    [InlineData("--listen-peer-urls: expected IP in URL for binding (http://example.com:2380)", "--listen-peer-urls=http://example.com:2380")]
    [InlineData("couldn't find local name \"default\" in the initial cluster configuration", "--initial-cluster=a=http://127.0.0.1:2380")]
    [InlineData("--initial-cluster has default=http://127.0.0.1:1 but missing from --initial-advertise-peer-urls=http://localhost:2380", "--initial-cluster=default=http://127.0.0.1:1")]
    [InlineData("--initial-cluster: duplicate url http://localhost:2380 in cluster config", "--initial-cluster=default=http://localhost:2380,b=http://localhost:2380")]
    [InlineData("--client-cert-auth needs --trusted-ca-file: without it no certificate could be trusted", "--client-cert-auth", "--listen-metrics-urls=https://127.0.0.1:1")]
    [InlineData("--cert-file and --key-file must both be present or both absent", "--cert-file=a", "--listen-metrics-urls=https://127.0.0.1:1")]
    [InlineData("--peer-cert-file and --peer-key-file must both be present or both absent", "--peer-cert-file=a")]
    [InlineData("--listen-metrics-urls: https://127.0.0.1:1 needs a certificate and a key (--cert-file, --key-file)", "--listen-metrics-urls=https://127.0.0.1:1")]
    [InlineData("unexpected TLS version \"TLS1.0\" (must be one of: TLS1.2, TLS1.3)", "--tls-min-version=TLS1.0")]
    [InlineData("min version (TLS1.3) is greater than max version (TLS1.2)", "--tls-min-version=TLS1.3", "--tls-max-version=TLS1.2")]
    [InlineData("--discovery is not supported: v2 discovery is gone since etcd 3.6: list the members in --initial-cluster", "--discovery=http://localhost/x")]
    [InlineData("unexpected TLS cipher suite \"foo\"", "--cipher-suites=foo")]
    [InlineData("cipher suites cannot be configured when only TLS1.3 is enabled", "--tls-min-version=TLS1.3", "--cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")]
    [InlineData("multi logoutput for \"default\" is not supported yet", "--log-outputs=default,stderr")]
    [InlineData("--log-outputs requires a single file path when --log-rotate-config-json is defined", "--enable-log-rotation")]
    [InlineData("--log-outputs requires a single file path when --log-rotate-config-json is defined", "--enable-log-rotation", "--log-outputs=a,b")]
    [InlineData("invalid log rotation config: -1 is negative", "--enable-log-rotation", "--log-outputs=a", "--log-rotation-config-json={\"maxage\": -1}")]
    [InlineData("--logger=capnslog is removed in v3.5", "--logger=capnslog")]
    [InlineData("selfSignedCertValidity is invalid,it should be greater than 0", "--self-signed-cert-validity=0")]
    [InlineData("multiple discovery or bootstrap flags are set. Choose one of \"initial-cluster\", \"discovery-endpoints\" or \"discovery-srv\"", "--initial-cluster=default=http://localhost:2380", "--discovery-srv=example.com")]
    [InlineData("both --discovery-token and --discovery-endpoints must be set", "--discovery-token=a")]
    [InlineData("v2 proxy is deprecated, and --discovery-fallback can't be configured as \"proxy\"", "--discovery-fallback=proxy")]
    [InlineData("invalid value \"x\" for flag -discovery-fallback: invalid value", "--discovery-fallback=x")]
    [InlineData("--max-learners: 99999999999 is out of range", "--max-learners=99999999999")]
    public void WrongSetting_EndsWithOneLine(string message, params string[] arguments)
    {
        var exception = Assert.Throws<ConfigurationException>(() => Read(arguments));
        Assert.Equal(message, exception.Message);
    }

    [Fact]
    public void WrongVariable_NamesTheVariableAndEndsWithOne()
    {
        var exception = Assert.Throws<ConfigurationException>(() => Read([], ("ETCD_HEARTBEAT_INTERVAL", "x")));
        Assert.Equal("invalid value \"x\" for ETCD_HEARTBEAT_INTERVAL: parse error", exception.Message);
        Assert.Equal(1, exception.ExitCode);
    }

    [Fact]
    public void InertFlag_IsAcceptedAndSaysSo() =>
        Assert.Contains("--max-wals changes nothing here: a segment goes as soon as the flushed store no longer needs it", Read(["--max-wals=9"]).Warnings);

    [Theory]
    [InlineData("http://10.1.2.3:7", "http://localhost:2380", "http://0.0.0.0:7")]
    [InlineData("http://localhost:2380", "http://localhost:2380", "http://127.0.0.1:7")]
    [InlineData("http://localhost:9", "http://localhost:9", "http://0.0.0.0:7")]
    public void ListeningEverywhere_AdvertisesTheHostUnlessToldWhat(string expected, string advertised, string listen) =>
        Assert.Equal([expected], DefaultHost.Replace([advertised], "http://localhost:2380", Endpoint.Parse("listen-peer-urls", listen), "10.1.2.3"));

    [Fact]
    public void ListeningEverywhere_ReachesTheInitialCluster()
    {
        var options = Read(["--name=a", "--listen-peer-urls=http://0.0.0.0:7"]);
        Assert.Equal(options.AdvertisePeer, options.InitialCluster["a"]);
        Assert.Equal(DefaultHost.Find() is { } host ? $"http://{host}:7" : "http://localhost:2380", Assert.Single(options.AdvertisePeer));
    }

    [Fact]
    public void CipherSuites_KeepThoseOfTls13()
    {
        var suites = Read(["--cipher-suites=TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"]).CipherSuites;
        Assert.Equal(TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, suites[0]);
        Assert.Contains(TlsCipherSuite.TLS_AES_128_GCM_SHA256, suites);
        Assert.Empty(Read([]).CipherSuites);
    }

    [Fact]
    public void LogRotation_IsReadFromItsJson()
    {
        Assert.Null(Read(["--log-outputs=a"]).LogRotation);
        Assert.Equal(new LogRotation(), Read(["--log-outputs=a", "--enable-log-rotation"]).LogRotation);
        Assert.Equal(
            new LogRotation { FileBytesMax = 5 << 20, AgeDaysMax = 2, BackupsMax = 3, UsesLocalTime = true, Compresses = true },
            Read(["--log-outputs=a", "--enable-log-rotation", """--log-rotation-config-json={"maxsize":5,"maxage":2,"maxbackups":3,"localtime":true,"compress":true}"""]).LogRotation);
    }

    [Fact]
    public void EveryFlag_HasADistinctNameAndHelp()
    {
        Assert.Equal(FlagTable.All.Count, FlagTable.All.Select(flag => flag.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.All(FlagTable.All, flag => Assert.EndsWith(".", flag.Help, StringComparison.Ordinal));
        Assert.All(FlagTable.All, flag => Assert.Equal(flag.Effect == FlagEffect.Effective, flag.Note.Length == 0));
    }

    /// <summary>etcd reads the files of clients' certificates where a listener speaks TLS; those of the members it reads always.</summary>
    [Theory]
    [InlineData(false, "--cert-file=none")]
    [InlineData(false, "--key-file=none")]
    [InlineData(false, "--cert-file=none", "--key-file=none")]
    [InlineData(false, "--cert-file=none", "--auto-tls")]
    [InlineData(true, "--cert-file=none", "--client-cert-auth")]
    public void ClientCertificate_WithoutAListenerForIt_IsIgnoredWithAWarning(bool demanded, params string[] arguments)
    {
        const string ignored = "scheme is http or unix while key and cert files are present; ignoring key and cert files";
        const string notDemanded = "scheme is http or unix while --client-cert-auth is enabled; ignoring client cert auth";
        var options = Read(arguments);
        Assert.Equal(new TlsFiles("", "", "", demanded), options.ClientTls);
        Assert.Equal(demanded ? [ignored, notDemanded] : [ignored], options.Warnings);
    }

    private static ServerOptions Read(string[] arguments, params (string Name, string Value)[] environment) =>
        ServerOptionsReader.Read(Settings.Join(
            CommandLine.Read(arguments), environment.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal)));
}
