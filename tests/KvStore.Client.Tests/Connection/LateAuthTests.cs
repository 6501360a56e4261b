using KvStore.Client.Tests.Support;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Client.Tests.Connection;

/// <summary>
/// Clients that were given a user and a password, and made their first call while nobody had to log in: they log in when they are
/// first refused, whatever it is that is refused first.
/// </summary>
public sealed class LateAuthTests
{
    [Theory]
    [MemberData(nameof(Members.Both), MemberType = typeof(Members))]
    public async Task AuthIsEnabledLater_WithPasswords_EveryKindOfCallLogsIn(string which)
    {
        using var folder = new TestFolder();
        using var server = Members.Make(which, folder.Combine("data"));
        server.Start();
        await server.UntilReadyAsync();
        await EveryKindOfCallLogsInAsync(new KvClientOptions { Endpoints = [server.Endpoint], CallTimeout = Limits.Patience });
    }

    /// <summary>The name in the certificate is no user's, so that it is not permitted to do what its password lets it.</summary>
    [Theory]
    [MemberData(nameof(Members.Both), MemberType = typeof(Members))]
    public async Task AuthIsEnabledLater_WithCertificatesToo_EveryKindOfCallLogsIn(string which)
    {
        using var folder = new TestFolder();
        var certificates = folder.Combine("certificates");
        await TestCertificates.MakeAsync(certificates, "ca");
        await TestCertificates.MakeAsync(certificates, "client", "client");
        await TestCertificates.MakeAsync(certificates, "member", "m1", "127.0.0.1,localhost");
        string File(string name) => Path.Combine(certificates, name);
        using var server = ServerProcess.Cluster(which == Members.Ours ? Checkout.Server : Checkout.Etcd, folder.Path, 1, "https", _ =>
        [
            "--cert-file", File("m1.crt"), "--key-file", File("m1.key"), "--client-cert-auth", "--trusted-ca-file", File("ca.crt"),
            "--peer-cert-file", File("m1.crt"), "--peer-key-file", File("m1.key"), "--peer-trusted-ca-file", File("ca.crt"),
        ])[0];
        server.Start();
        await server.UntilReadyAsync();
        await EveryKindOfCallLogsInAsync(new KvClientOptions
        {
            Endpoints = ["https://" + server.Endpoint],
            Tls = new TlsClientOptions { CaFile = File("ca.crt"), CertificateFile = File("client.crt"), KeyFile = File("client.key") },
            CallTimeout = Limits.Patience,
        });
    }

    private static async Task EveryKindOfCallLogsInAsync(KvClientOptions options)
    {
        var known = options with { User = "user", Password = "secret" };
        using var reading = new KvClient(known);
        using var watching = new KvClient(known);
        using var renewing = new KvClient(known);
        using var ruling = new KvClient(options with { User = "root", Password = "root" });
        foreach (var client in new[] { reading, watching, renewing, ruling })
            await client.Kv.PutAsync("own/a", "1");
        await using var before = await watching.Watch.StartAsync("own/a", cancellationToken: Limits.Patient());
        var lease = await renewing.Lease.GrantAsync(new LeaseGrantRequest { TTL = 600 });
        using (var root = new KvClient(options with { User = "root", Password = "root" }))
            await Users.EnableAsync(root);

        await using var after = await watching.Watch.StartAsync("own/a", cancellationToken: Limits.Patient());
        await reading.Kv.PutAsync("own/a", "2");
        foreach (var watch in new[] { before, after })
            Assert.Equal("2", Assert.Single((await watch.ReadAsync(Limits.Patient())).Events).Entry.Value.ToString());
        Assert.Equal(600, (await renewing.Lease.KeepAliveOnceAsync(lease.ID, Limits.Patient())).TTL);
        Assert.Equal(["root", "user"], (await ruling.Auth.UserListAsync(new AuthUserListRequest())).Users);

        var refused = await Assert.ThrowsAsync<GrpcException>(() => reading.Kv.PutAsync("other", "1"));
        Assert.Equal((StatusCode.PermissionDenied, "etcdserver: permission denied"), (refused.Code, refused.Message));
        var unwatched = await Assert.ThrowsAsync<GrpcException>(() => watching.Watch.StartAsync("other", cancellationToken: Limits.Patient()));
        Assert.Equal(StatusCode.PermissionDenied, unwatched.Code);
    }
}
