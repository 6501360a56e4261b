using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Auth;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Cluster;

/// <summary>Users in a cluster of three over mutual TLS: by certificate, by token, on every member alike.</summary>
public sealed class AuthClusterTests
{
    private const string Canary = "canary-7f3a91";
    private const string Denied = "PermissionDenied: etcdserver: permission denied";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Users_AreTheSameOnEveryMember_AndTheirPasswordsNowhere()
    {
        using var cluster = await TlsCluster.StartAsync(3, "--log-level", "debug", "--bcrypt-cost", "4");
        var channels = cluster.Members.Select(member => cluster.Connect(member)).ToList();
        await PrepareAsync(channels[0]);

        // The certificate's common name is a user, while no token is sent.
        await PutAsync(channels[0], "k/1", token: null);
        Assert.Equal(Denied, await RefusalAsync(channels[0], "/etcdserverpb.KV/Put", Put("secret"), token: null));
        await AssertGatewayIgnoresTheCertificateAsync(cluster);

        for (var i = 0; i < 10; i++)
        {
            // #20874: given by one member, good on the next at once.
            var token = await LogInAsync(channels[i % 3]);
            await PutAsync(channels[(i + 1) % 3], "secret", token);
            await PutAsync(channels[(i + 2) % 3], "secret", token);
        }

        foreach (var channel in channels)
        {
            // What only the leader answers is judged there, in the name of the caller of this member.
            Assert.Equal(Denied, await KeepAliveAsync(channel, 7));
            Assert.Equal("OK", await KeepAliveAsync(channel, 8));
            Assert.Equal(Denied, await RefusalAsync(channel, "/etcdserverpb.Lease/LeaseTimeToLive", new LeaseTimeToLiveRequest { ID = 7, Keys = true }, token: null));
        }

        Assert.Equal(
            "InvalidArgument: etcdserver: authentication failed, invalid user ID or password",
            await RefusalAsync(channels[0], "/etcdserverpb.Auth/Authenticate", new AuthenticateRequest { Name = "root", Password = Canary + "x" }, token: null));
        await cluster.Members[2].KillAsync();
        cluster.Members[2].Start();
        await cluster.Members[2].UntilReadyAsync();
        // C12: what the member knew before, it knows again before it serves.
        Assert.Equal(Denied, await RefusalAsync(channels[2], "/etcdserverpb.KV/Put", Put("secret"), token: null));
        foreach (var channel in channels)
            channel.Dispose();
        await AssertNobodyWroteAsync(cluster, Canary);
    }

    private static async Task PrepareAsync(GrpcChannel channel)
    {
        const string auth = "/etcdserverpb.Auth/";
        await AskAsync(channel, auth + "UserAdd", new AuthUserAddRequest { Name = "root", Password = "first" });
        await AskAsync(channel, auth + "UserChangePassword", new AuthUserChangePasswordRequest { Name = "root", Password = Canary });
        await AskAsync(channel, auth + "UserAdd", new AuthUserAddRequest { Name = "client", Options = new UserAddOptions { NoPassword = true } });
        await AskAsync(channel, auth + "UserGrantRole", new AuthUserGrantRoleRequest { User = "root", Role = "root" });
        await AskAsync(channel, auth + "RoleAdd", new AuthRoleAddRequest { Name = "app" });
        var permission = new Permission { PermType = Permission.Types.Type.Readwrite, Key = ByteString.CopyFromUtf8("k/"), RangeEnd = ByteString.CopyFromUtf8("k0") };
        await AskAsync(channel, auth + "RoleGrantPermission", new AuthRoleGrantPermissionRequest { Name = "app", Perm = permission });
        await AskAsync(channel, auth + "UserGrantRole", new AuthUserGrantRoleRequest { User = "client", Role = "app" });
        foreach (var lease in new[] { 7, 8 })
            await AskAsync(channel, "/etcdserverpb.Lease/LeaseGrant", new LeaseGrantRequest { ID = lease, TTL = 600 });
        await AskAsync(channel, "/etcdserverpb.KV/Put", new PutRequest { Key = ByteString.CopyFromUtf8("other secret"), Lease = 7 });
        await AskAsync(channel, auth + "AuthEnable", new AuthEnableRequest());
    }

    /// <summary>CVE-2018-16886: the common name of a certificate is nobody's through the JSON gateway.</summary>
    private static async Task AssertGatewayIgnoresTheCertificateAsync(TlsCluster cluster)
    {
        using var authority = X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(Path.Combine(cluster.Certificates, "ca.crt")));
        using var client = X509Certificate2.CreateFromPemFile(Path.Combine(cluster.Certificates, "client.crt"), Path.Combine(cluster.Certificates, "client.key"));
        using var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [client],
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { authority }, RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        };
        using var http = new HttpClient(handler);
        using var channel = cluster.Connect(cluster.Members[0]);
        // etcd's answer to a certificate with a name, whatever token comes along: it would name nobody.
        foreach (var token in new[] { null, await LogInAsync(channel) })
        {
            var (status, text) = await PostAsync(http, cluster.Members[0], token);
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Contains("CommonName of client sending a request against gateway will be ignored", text, StringComparison.Ordinal);
        }
    }

    private static async Task<(HttpStatusCode Status, string Text)> PostAsync(HttpClient http, ServerProcess member, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, TlsCluster.Url(member) + "/v3/kv/range");
        request.Content = new StringContent($$"""{"key":"{{Convert.ToBase64String("k/1"u8)}}"}""");
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>TOB-012, CVE-2021-28235: a password is in no file of a member's, and in nothing it prints.</summary>
    private static async Task AssertNobodyWroteAsync(TlsCluster cluster, string secret)
    {
        var searched = 0L;
        foreach (var member in cluster.Members)
        {
            await member.TerminateAsync();
            Assert.DoesNotContain(secret, member.Process.Output + member.Process.Errors, StringComparison.Ordinal);
            foreach (var file in Directory.GetFiles(cluster.Folder(member.Name), "*", SearchOption.AllDirectories))
            {
                var bytes = await File.ReadAllBytesAsync(file);
                searched += bytes.Length;
                Assert.True(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, file);
            }
        }

        Assert.True(searched > 10_000, "there is something to search"); // C18
    }

    private static async Task<string> LogInAsync(GrpcChannel channel) => AuthenticateResponse.Parser.ParseFrom(
        (await AskAsync(channel, "/etcdserverpb.Auth/Authenticate", new AuthenticateRequest { Name = "root", Password = Canary })).Span).Token;

    private static PutRequest Put(string key) => new() { Key = ByteString.CopyFromUtf8(key) };

    private static async Task PutAsync(GrpcChannel channel, string key, string? token) => await AskAsync(channel, "/etcdserverpb.KV/Put", Put(key), token);

    private static async Task<string> KeepAliveAsync(GrpcChannel channel, long lease)
    {
        using var call = channel.Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(
            "/etcdserverpb.Lease/LeaseKeepAlive", LeaseKeepAliveResponse.Parser, new CallOptions { Timeout = Patience });
        try
        {
            await call.WriteAsync(new LeaseKeepAliveRequest { ID = lease });
            return await call.MoveNextAsync() && call.Current.TTL > 0 ? "OK" : "no answer";
        }
        catch (GrpcException refused)
        {
            return refused.Status.ToString();
        }
    }

    private static async Task<string> RefusalAsync(GrpcChannel channel, string path, IMessage request, string? token) =>
        (await Assert.ThrowsAsync<GrpcException>(() => AskAsync(channel, path, request, token))).Status.ToString();

    private static Task<ReadOnlyMemory<byte>> AskAsync(GrpcChannel channel, string path, IMessage request, string? token = null)
    {
        var headers = token is null ? Metadata.Empty : new Metadata();
        if (token is not null)
            headers.Add("token", token);
        return channel.UnaryAsync(path, request.ToByteArray(), new CallOptions { Headers = headers, Timeout = Patience, Repeat = RepeatRule.IfUnavailable });
    }
}
