using System.Net;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Cluster;

/// <summary>Whose certificate is taken, as the flags say.</summary>
public sealed class CertificateFlagTests
{
    private const string RefusedPeer = "rejected connection on peer endpoint";

    /// <summary>A list of authorities alone already demands certificates.</summary>
    [Fact]
    public async Task TrustedCaFile_Alone_DemandsCertificates()
    {
        using var cluster = await TlsCluster.StartAsync(1, "--client-cert-auth=false");
        using var named = cluster.Connect(cluster.Members);
        await StatusAsync(named);
        using var nameless = new GrpcChannel(TlsCluster.Url(cluster.Members[0]), new GrpcChannelOptions { Tls = cluster.ClientTls() with { CertificateFile = null, KeyFile = null }, RepeatsMax = 0 });
        await Assert.ThrowsAsync<GrpcException>(() => StatusAsync(nameless));
        await cluster.Members[0].UntilLoggedAsync("rejected connection on client endpoint");
    }

    [Fact]
    public async Task ClientCertAllowedHostname_LetsOnlyThoseIn()
    {
        using var cluster = await TlsCluster.StartAsync(1, "--client-cert-allowed-hostname=localhost");
        // A member's certificate names localhost, a client's names no host.
        using var allowed = Channel(cluster, "m1");
        await StatusAsync(allowed);
        using var other = Channel(cluster, "client");
        await Assert.ThrowsAsync<GrpcException>(() => StatusAsync(other));
    }

    [Theory]
    [InlineData("--peer-cert-allowed-cn=m2,m3", "--peer-cert-allowed-cn=m2")]
    [InlineData("--peer-cert-allowed-hostname=localhost", "--peer-cert-allowed-hostname=elsewhere.example")]
    public async Task PeerNames_NotAllowed_AreRefused(string allowing, string refusing)
    {
        using var cluster = await TlsCluster.StartAsync(3);
        var first = cluster.Members[0];
        await first.KillAsync();
        using var open = first.With(allowing);
        open.Start();
        await open.UntilReadyAsync();
        Assert.DoesNotContain(RefusedPeer, open.Process.Errors, StringComparison.Ordinal);
        await open.KillAsync();
        using var strict = first.With(refusing);
        strict.Start();
        await strict.UntilLoggedAsync(RefusedPeer);
    }

    /// <summary>A member shows the others a certificate that names another address than the one it comes from.</summary>
    [Fact]
    public async Task PeerClientCertFile_IsShown_AndItsAddressCheckedUnlessSkipped()
    {
        using var cluster = await TlsCluster.StartAsync(3);
        await TestCertificates.MakeAsync(cluster.Certificates, "member", "odd", "192.0.2.1");
        await cluster.Members[2].KillAsync();
        using var odd = cluster.Members[2].With(
            "--peer-client-cert-file", Path.Combine(cluster.Certificates, "odd.crt"), "--peer-client-key-file", Path.Combine(cluster.Certificates, "odd.key"));
        odd.Start();
        foreach (var strict in cluster.Members.Take(2))
        {
            await strict.UntilLoggedAsync(RefusedPeer);
            await strict.KillAsync();
        }

        using var first = cluster.Members[0].With("--peer-skip-client-san-verification");
        using var second = cluster.Members[1].With("--peer-skip-client-san-verification");
        first.Start();
        second.Start();
        await first.UntilReadyAsync();
        await second.UntilReadyAsync();
        await odd.UntilReadyAsync();
        Assert.DoesNotContain(RefusedPeer, first.Process.Errors + second.Process.Errors, StringComparison.Ordinal);
    }

    /// <summary>The command line of a static pod, of this and of earlier releases, and what its probes ask.</summary>
    [Theory]
    [InlineData("--feature-gates=InitialCorruptCheck=true", "--watch-progress-notify-interval=5s")]
    [InlineData("--experimental-initial-corrupt-check=true", "--experimental-watch-progress-notify-interval=5s")]
    public async Task KubeadmsArguments_StartAMemberWhoseProbesAreWell(string check, string interval)
    {
        var metrics = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePorts.Take(1)[0]}");
        using var cluster = await TlsCluster.StartAsync(1, "--client-cert-auth=true", "--peer-client-cert-auth=true", check, interval, "--snapshot-count=10000", "--listen-metrics-urls=" + metrics);
        using var http = new HttpClient();
        foreach (var probe in new[] { "/livez", "/readyz", "/health?exclude=NOSPACE&serializable=true", "/health?serializable=false" })
            Assert.Equal((probe, HttpStatusCode.OK), (probe, (await http.GetAsync(new Uri(metrics + probe))).StatusCode));
    }

    private static GrpcChannel Channel(TlsCluster cluster, string name) =>
        new(TlsCluster.Url(cluster.Members[0]), new GrpcChannelOptions { Tls = cluster.ClientTls(name: name), RepeatsMax = 0 });

    private static Task<StatusResponse> StatusAsync(GrpcChannel channel) => channel.UnaryAsync("/etcdserverpb.Maintenance/Status", new StatusRequest(), StatusResponse.Parser, new CallOptions());
}
