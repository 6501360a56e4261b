using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;
using KvStore.Server.Tests.Cluster;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Http;

/// <summary>CVE-2018-16886: over JSON nobody is who his certificate says, and is told so instead of being let in.</summary>
public sealed class GatewayTlsTests
{
    [Fact]
    public async Task Certificate_WithAName_IsNoUserOverJson()
    {
        using var cluster = await TlsCluster.StartAsync(1);
        var member = cluster.Members[0];
        using var http = Client(cluster);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(http, member, "/v3/kv/put", """{"key":"YQ=="}""")).Status);
        await PostAsync(http, member, "/v3/auth/role/add", """{"name":"root"}""");
        foreach (var user in new[] { "root", "client" })
        {
            await PostAsync(http, member, "/v3/auth/user/add", $$$"""{"name":"{{{user}}}","options":{"no_password":true}}""");
            await PostAsync(http, member, "/v3/auth/user/grant", $$"""{"user":"{{user}}","role":"root"}""");
        }

        Assert.Equal(HttpStatusCode.OK, (await PostAsync(http, member, "/v3/auth/enable", "{}")).Status);
        // The same certificate is the user "client" over gRPC, and nobody over JSON.
        using var channel = cluster.Connect(member);
        var list = await channel.UnaryAsync("/etcdserverpb.Auth/UserList", new AuthUserListRequest(), AuthUserListResponse.Parser, new CallOptions());
        Assert.Equal(["client", "root"], list.Users);
        foreach (var path in new[] { "/v3/auth/user/list", "/v3beta/auth/user/list", "/v3/kv/range" })
        {
            var (status, body) = await PostAsync(http, member, path, "{}");
            Assert.Equal((HttpStatusCode.BadRequest, "CommonName of client sending a request against gateway will be ignored and not used as expected\n"), (status, body));
        }

        using var health = await http.GetAsync(new Uri($"https://{member.Endpoint}/health"));
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    private static HttpClient Client(TlsCluster cluster)
    {
        var tls = cluster.ClientTls();
        // The handler owns both for as long as the test lives.
        var certificate = X509Certificate2.CreateFromPemFile(tls.CertificateFile!, tls.KeyFile);
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [certificate],
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(tls.CaFile!) },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        };
        return new HttpClient(handler);
    }

    private static async Task<(HttpStatusCode Status, string Body)> PostAsync(HttpClient http, ServerProcess member, string path, string body)
    {
        using var content = new StringContent(body);
        using var response = await http.PostAsync(new Uri($"https://{member.Endpoint}{path}"), content);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
