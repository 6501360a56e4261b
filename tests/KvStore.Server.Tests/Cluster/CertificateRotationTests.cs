using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Cluster;

/// <summary>
/// C16: authority, member and client certificates of a running cluster are replaced under load, in the order of etcd's own guide
/// (both authorities, then the leaves, then the new authority alone), and nobody notices. Then what was replaced is proven to count.
/// </summary>
public sealed class CertificateRotationTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task AuthorityAndCertificates_ReplacedUnderLoad_NobodyNotices()
    {
        using var cluster = await TlsCluster.StartAsync(3);
        var next = await cluster.MakeNextCertificatesAsync();
        string Now(string name) => Path.Combine(cluster.Certificates, name);
        string Next(string name) => Path.Combine(next, name);
        var before = cluster.Folder("before");
        Directory.CreateDirectory(before);
        foreach (var name in new[] { "ca.crt", "client.crt", "client.key" })
            File.Copy(Now(name), Path.Combine(before, name));

        using var channel = cluster.Connect(cluster.Members);
        using var load = new PutLoad(channel, writers: 4, putsPerSecond: 300);
        load.Start();
        await load.UntilAcknowledgedAsync(200, Patience);

        Replace(Now("ca.crt"), await File.ReadAllTextAsync(Now("ca.crt")) + await File.ReadAllTextAsync(Next("ca.crt")));
        await AssertAllServeAsync(cluster);
        await load.UntilAcknowledgedAsync(200, Patience);

        foreach (var name in cluster.Members.Select(member => member.Name).Append("client"))
        {
            Replace(Now(name + ".crt"), await File.ReadAllTextAsync(Next(name + ".crt")));
            // Whoever connects between the two files is served with those before.
            await AssertAllServeAsync(cluster, before);
            Replace(Now(name + ".key"), await File.ReadAllTextAsync(Next(name + ".key")));
        }

        await AssertAllServeAsync(cluster);
        await load.UntilAcknowledgedAsync(200, Patience);
        // From here on a client trusts the new authority alone: who is served has seen a new certificate.
        Replace(Now("ca.crt"), await File.ReadAllTextAsync(Next("ca.crt")));
        await AssertAllServeAsync(cluster);
        await load.UntilAcknowledgedAsync(200, Patience);
        Assert.Equal(0, load.Failures);

        foreach (var member in cluster.Members)
        {
            // Who still has the old authority's certificate is refused by all.
            using var late = new GrpcChannel(TlsCluster.Url(member), new GrpcChannelOptions { Tls = cluster.ClientTls(before) });
            await Assert.ThrowsAsync<GrpcException>(() => late.GetAsync("a", TimeSpan.FromSeconds(5)));
        }

        // The streams between members are older than all of this. One that starts anew proves the other two in both directions: they
        // accept its new certificate, and it, which never saw the old authority, accepts theirs.
        var restarted = cluster.Members[0];
        await restarted.KillAsync();
        restarted.Start();
        await restarted.UntilReadyAsync();
        await load.UntilAcknowledgedAsync(300, Patience);
        await load.StopAsync();
        await cluster.AssertHoldsAsync(load.Acknowledged);
    }

    [Fact]
    public async Task RevokedClient_AfterTheListWasReplaced_IsRefusedOnEveryListener()
    {
        using var folder = new TestFolder();
        var list = folder.Combine("crl.pem");
        await File.WriteAllTextAsync(list, RevocationLists.Empty);
        using var cluster = await TlsCluster.StartAsync(1, "--client-crl-file", list, "--peer-crl-file", list);
        await AssertAllServeAsync(cluster);
        Replace(list, RevocationLists.Of(Path.Combine(cluster.Certificates, "client.crt")));
        using var late = cluster.Connect(cluster.Members);
        await Assert.ThrowsAsync<GrpcException>(() => late.GetAsync("a", TimeSpan.FromSeconds(5)));
        await cluster.Members[0].UntilLoggedAsync("is revoked");
        using var peer = new GrpcChannel(
            $"https://127.0.0.1:{cluster.Members[0].PeerPort}", new GrpcChannelOptions { Tls = cluster.ClientTls() });
        await Assert.ThrowsAsync<GrpcException>(() => peer.GetAsync("a", TimeSpan.FromSeconds(5)));
        await cluster.Members[0].UntilLoggedAsync("rejected connection on peer endpoint");
    }

    [Fact]
    public async Task Rubbish_InPlaceOfACertificate_KeepsTheOneBeforeAndIsSaidOnce()
    {
        using var cluster = await TlsCluster.StartAsync(1);
        Replace(Path.Combine(cluster.Certificates, "m1.crt"), "rubbish");
        for (var i = 0; i < 3; i++)
            await AssertAllServeAsync(cluster);
        const string Line = "changed certificate files cannot be used; those before stay in force";
        await cluster.Members[0].UntilLoggedAsync(Line);
        Assert.Equal(2, cluster.Members[0].Process.Errors.Split(Line).Length);
    }

    // With connections of their own: those of the load are older than the change.
    private static async Task AssertAllServeAsync(TlsCluster cluster, string? certificates = null)
    {
        foreach (var member in cluster.Members)
        {
            using var channel = new GrpcChannel(TlsCluster.Url(member), new GrpcChannelOptions { Tls = cluster.ClientTls(certificates) });
            await channel.UnaryAsync("/etcdserverpb.Maintenance/Status", new StatusRequest(), StatusResponse.Parser, new CallOptions { Timeout = Patience });
        }
    }

    private static void Replace(string path, string content)
    {
        File.WriteAllText(path + ".new", content);
        File.Move(path + ".new", path, overwrite: true);
    }
}
