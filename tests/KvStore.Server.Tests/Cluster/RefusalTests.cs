using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;

namespace KvStore.Server.Tests.Cluster;

/// <summary>Who has no certificate, or one of a stranger's authority, is refused, and the log says why.</summary>
public sealed class RefusalTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task ClientWithoutCertificate_IsRefusedAndLogged()
    {
        using var cluster = await TlsCluster.StartAsync(1);
        await AssertRefusedAsync(cluster, cluster.ClientTls() with { CertificateFile = null, KeyFile = null });
        await cluster.Members[0].UntilLoggedAsync("rejected connection on client endpoint");
    }

    [Fact]
    public async Task ClientOfAnotherAuthority_IsRefusedAndLogged()
    {
        using var cluster = await TlsCluster.StartAsync(1);
        var foreign = await cluster.MakeForeignCertificatesAsync();
        await AssertRefusedAsync(cluster, cluster.ClientTls(foreign));
        await cluster.Members[0].UntilLoggedAsync("rejected connection on client endpoint");
    }

    [Fact]
    public async Task ClientInClearText_IsRefused()
    {
        using var cluster = await TlsCluster.StartAsync(1);
        using var channel = new GrpcChannel("http://" + cluster.Members[0].Endpoint);
        await Assert.ThrowsAsync<GrpcException>(() => StatusAsync(channel));
    }

    [Fact]
    public async Task ClientWithCertificate_IsServed()
    {
        using var cluster = await TlsCluster.StartAsync(1);
        using var channel = cluster.Connect(cluster.Members);
        Assert.NotEqual(0UL, (await StatusAsync(channel)).Leader);
    }

    [Fact]
    public async Task PeerOfAnotherAuthority_IsRefusedAndLogged()
    {
        using var cluster = await TlsCluster.StartAsync(3);
        var foreign = await cluster.MakeForeignCertificatesAsync();
        var stranger = cluster.Members[2];
        await stranger.KillAsync();
        using var impostor = stranger.With(
            "--peer-cert-file", Path.Combine(foreign, "m1.crt"), "--peer-key-file", Path.Combine(foreign, "m1.key"),
            "--peer-trusted-ca-file", Path.Combine(foreign, "ca.crt"));
        impostor.Start();
        await cluster.Members[0].UntilLoggedAsync("rejected connection on peer endpoint");
        await cluster.Members[1].UntilLoggedAsync("rejected connection on peer endpoint");
        Assert.DoesNotContain("ready to serve client requests", impostor.Process.Errors, StringComparison.Ordinal);
    }

    private static async Task AssertRefusedAsync(TlsCluster cluster, TlsClientOptions tls)
    {
        using var channel = new GrpcChannel(TlsCluster.Url(cluster.Members[0]), new GrpcChannelOptions { Tls = tls });
        var exception = await Assert.ThrowsAsync<GrpcException>(() => StatusAsync(channel));
        Assert.Equal(StatusCode.Unavailable, exception.Status.Code);
    }

    private static Task<StatusResponse> StatusAsync(GrpcChannel channel) =>
        channel.UnaryAsync("/etcdserverpb.Maintenance/Status", new StatusRequest(), StatusResponse.Parser, new CallOptions { Timeout = Patience });
}
