using Google.Protobuf;
using KvStore.Client.Tests.Support;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Election;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Client.Tests.Connection;

/// <summary>Passwords and certificates against real servers.</summary>
public sealed class SecurityTests
{
    /// <summary>
    /// Method: simple tokens are kept in memory, so a restart makes every token invalid. A write, and a watch that goes on, get new
    /// ones by themselves; what the user may not do stays refused.
    /// </summary>
    [Theory]
    [MemberData(nameof(Members.Both), MemberType = typeof(Members))]
    public async Task Token_ThatTheServerHasForgotten_IsRenewed(string which)
    {
        using var folder = new TestFolder();
        using var server = Members.Make(which, folder.Combine("data"));
        server.Start();
        await server.UntilReadyAsync();
        var options = new KvClientOptions { Endpoints = [server.Endpoint], CallTimeout = Limits.Patience, User = "user", Password = "secret" };
        using (var open = new KvClient(server.Endpoint))
            await Users.EnableAsync(open);

        using var client = new KvClient(options);
        await using var watch = await client.Watch.StartAsync(KeyRange.Prefix("own/"), cancellationToken: Limits.Patient());
        var before = await client.Kv.PutAsync("own/a", "1");
        await server.KillAsync();
        server.Start();
        var seen = Assert.Single((await watch.ReadAsync(Limits.Patient())).Events);
        Assert.Equal(before.Revision, seen.Entry.ModRevision);
        Assert.Equal("1", (await client.Kv.GetAsync("own/a"))!.Value.ToString());
        var after = await client.Kv.PutAsync("own/a", "2");
        Assert.Equal(after.Revision, Assert.Single((await watch.ReadAsync(Limits.Patient())).Events).Entry.ModRevision);

        var refused = await Assert.ThrowsAsync<GrpcException>(() => client.Kv.PutAsync("other", "1"));
        Assert.Equal((StatusCode.PermissionDenied, "etcdserver: permission denied"), (refused.Code, refused.Message));
        var unwatched = await Assert.ThrowsAsync<GrpcException>(() => client.Watch.StartAsync("other", cancellationToken: Limits.Patient()));
        Assert.Equal(StatusCode.PermissionDenied, unwatched.Code);
        using var stranger = new KvClient(options with { Password = "wrong" });
        await Assert.ThrowsAsync<GrpcException>(() => stranger.Kv.GetAsync("own/a"));
    }

    /// <summary>What is answered with a stream asks once more, too, where nothing of it had come yet.</summary>
    [Fact]
    public async Task Token_ThatHasEnded_IsRenewedForStreams()
    {
        using var folder = new TestFolder();
        using var server = Members.Make(Members.Ours, folder.Combine("data"), "--auth-token-ttl", "3");
        server.Start();
        await server.UntilReadyAsync();
        using (var open = new KvClient(server.Endpoint))
            await Users.EnableAsync(open);
        var options = new KvClientOptions { Endpoints = [server.Endpoint], CallTimeout = Limits.Patience, User = "root", Password = "root" };
        using var other = new KvClient(options);
        await other.Kv.PutAsync("own/a", "1");
        var clients = Enumerable.Range(0, 3).Select(_ => new KvClient(options)).ToList();
        try
        {
            foreach (var client in clients)
                await client.Kv.GetAsync("own/a");
            using var end = new PeriodicTimer(TimeSpan.FromSeconds(5));
            await end.WaitForNextTickAsync();

            var range = KeyRange.Prefix("own/");
            var pieces = await FirstAsync(clients[0].Kv.RangeStreamAsync(new RangeRequest { Key = range.Key, RangeEnd = range.End }, Limits.Patient()));
            Assert.Equal("1", Assert.Single(pieces.Kvs).Value.ToStringUtf8());
            Assert.NotEmpty((await FirstAsync(clients[1].Maintenance.SnapshotAsync(Limits.Patient()))).Blob);
            var lease = await other.Lease.GrantAsync(new LeaseGrantRequest { TTL = 60 });
            await other.Election.CampaignAsync(new CampaignRequest { Name = ByteString.CopyFromUtf8("own/e"), Lease = lease.ID, Value = ByteString.CopyFromUtf8("led") });
            var observed = await FirstAsync(clients[2].Election.ObserveAsync(new LeaderRequest { Name = ByteString.CopyFromUtf8("own/e") }, Limits.Patient()));
            Assert.Equal("led", observed.Kv.Value.ToStringUtf8());

            using var stranger = new KvClient(options with { Password = "wrong" });
            await Assert.ThrowsAsync<GrpcException>(() => FirstAsync(stranger.Maintenance.SnapshotAsync(Limits.Patient())));
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    /// <summary>Tokens that end by themselves, and that a change of users outdates, while the client goes on.</summary>
    [Theory]
    [MemberData(nameof(Members.Both), MemberType = typeof(Members))]
    public async Task Token_ThatEndsOrIsOutdated_IsRenewed(string which)
    {
        using var folder = new TestFolder();
        using var server = Members.Make(which, folder.Combine("data"), "--auth-token-ttl", "1");
        server.Start();
        await server.UntilReadyAsync();
        using var root = new KvClient(new KvClientOptions { Endpoints = [server.Endpoint], CallTimeout = Limits.Patience, User = "root", Password = "root" });
        using (var open = new KvClient(server.Endpoint))
            await Users.EnableAsync(open);
        using var client = new KvClient(new KvClientOptions { Endpoints = [server.Endpoint], CallTimeout = Limits.Patience, User = "user", Password = "secret" });
        await client.Kv.PutAsync("own/a", "1");
        await root.Auth.UserAddAsync(new AuthUserAddRequest { Name = "other", Password = "other" });
        await client.Kv.PutAsync("own/a", "2");
        using var end = new PeriodicTimer(TimeSpan.FromSeconds(2.5));
        await end.WaitForNextTickAsync();
        await client.Kv.PutAsync("own/a", "3");
        Assert.Equal(3, (await client.Kv.GetAsync("own/a"))!.Version);

        await root.Auth.UserRevokeRoleAsync(new AuthUserRevokeRoleRequest { Name = "user", Role = "owner" });
        var refused = await Assert.ThrowsAsync<GrpcException>(() => client.Kv.PutAsync("own/a", "4"));
        Assert.Equal((StatusCode.PermissionDenied, "etcdserver: permission denied"), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task MutualTls_WithCertificatesFromFiles_IsAnswered_AndWithoutIsNot()
    {
        using var folder = new TestFolder();
        var certificates = folder.Combine("certs");
        await TestCertificates.MakeAsync(certificates, "ca");
        await TestCertificates.MakeAsync(certificates, "client", "client");
        await TestCertificates.MakeAsync(certificates, "member", "m1", "127.0.0.1,localhost");
        string File(string name) => Path.Combine(certificates, name);
        string[] flags = ["--cert-file", File("m1.crt"), "--key-file", File("m1.key"), "--client-cert-auth", "--trusted-ca-file", File("ca.crt")];
        using var server = ServerProcess.Cluster(Checkout.Server, folder.Path, 1, "https", _ =>
            [.. flags, "--peer-cert-file", File("m1.crt"), "--peer-key-file", File("m1.key"), "--peer-client-cert-auth", "--peer-trusted-ca-file", File("ca.crt")])[0];
        server.Start();
        await server.UntilReadyAsync();
        var tls = new TlsClientOptions { CaFile = File("ca.crt"), CertificateFile = File("client.crt"), KeyFile = File("client.key") };
        using var client = new KvClient(new KvClientOptions { Endpoints = ["https://" + server.Endpoint], Tls = tls, CallTimeout = Limits.Patience });
        await using var watch = await client.Watch.StartAsync("key", cancellationToken: Limits.Patient());
        await client.Kv.PutAsync("key", "value");
        Assert.Equal("key", Assert.Single((await watch.ReadAsync(Limits.Patient())).Events).Key.ToString());

        using var nameless = new KvClient(new KvClientOptions
        {
            Endpoints = ["https://" + server.Endpoint],
            Tls = tls with { CertificateFile = null, KeyFile = null },
            CallTimeout = TimeSpan.FromSeconds(1),
        });
        await Assert.ThrowsAsync<GrpcException>(() => nameless.Kv.PutAsync("key", "value"));
        Assert.Equal(1, (await client.Kv.GetAsync("key"))!.Version);
    }

    private static async Task<T> FirstAsync<T>(IAsyncEnumerable<T> answers)
    {
        await foreach (var answer in answers)
            return answer;
        throw new InvalidOperationException("nothing was answered");
    }
}
