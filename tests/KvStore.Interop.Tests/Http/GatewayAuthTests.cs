using System.Text;
using System.Text.Json;
using KvStore.Testing;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Http;

/// <summary>Users and permissions over JSON beside etcd's: who is refused, with which status, and what a token opens.</summary>
public sealed class GatewayAuthTests
{
    /// <summary>In base64 what is bytes: YQ== "a", Yg== "b". The token of the user named before the path is sent; "-" for none.</summary>
    private static readonly (string User, string Path, string Body)[] Acts =
    [
        ("-", "/v3/auth/role/add", """{"name":"root"}"""),
        ("-", "/v3/auth/user/add", """{"name":"root","password":"secret"}"""),
        ("-", "/v3/auth/user/grant", """{"user":"root","role":"root"}"""),
        ("-", "/v3/auth/user/add", """{"name":"anna","password":"pw"}"""),
        ("-", "/v3/auth/role/add", """{"name":"reader"}"""),
        ("-", "/v3/auth/role/grant", """{"name":"reader","perm":{"permType":"READ","key":"YQ=="}}"""),
        ("-", "/v3/auth/user/grant", """{"user":"anna","role":"reader"}"""),
        ("-", "/v3/kv/put", """{"key":"YQ==","value":"Yg=="}"""),
        ("-", "/v3/auth/enable", "{}"),
        ("-", "/v3/kv/range", """{"key":"YQ=="}"""),
        ("-", "/v3/auth/user/list", "{}"),
        ("-", "/v3/auth/authenticate", """{"name":"anna","password":"wrong"}"""),
        ("wrong", "/v3/kv/range", """{"key":"YQ=="}"""),
        ("anna", "/v3/kv/range", """{"key":"YQ=="}"""),
        ("anna", "/v3/kv/range", """{"key":"Yg=="}"""),
        ("anna", "/v3/kv/put", """{"key":"YQ=="}"""),
        ("anna", "/v3/auth/user/list", "{}"),
        ("anna", "/v3/lock/lock", """{"name":"YQ=="}"""),
        ("anna", "/v3/election/campaign", """{"name":"YQ=="}"""),
        ("anna", "/v3/election/leader", """{"name":"YQ=="}"""),
        ("root", "/v3/kv/put", """{"key":"Yg=="}"""),
        ("root", "/v3/auth/user/list", "{}"),
        ("root", "/v3/auth/role/get", """{"role":"reader"}"""),
        ("anna", "/v3/auth/authenticate", """{"name":"anna","password":"pw"}"""),
        ("root", "/v3/auth/status", "{}"),
        ("root", "/v3/auth/user/get", """{"name":"anna"}"""),
        ("root", "/v3/auth/user/add", """{"name":"bert","options":{"no_password":true}}"""),
        ("root", "/v3/auth/user/changepw", """{"name":"bert","password":"pw2"}"""),
        ("root", "/v3/auth/role/list", "{}"),
        ("root", "/v3/auth/role/grant", """{"name":"reader","perm":{"permType":"READWRITE","key":"Yg==","range_end":"ZA=="}}"""),
        ("root", "/v3/auth/role/grant", """{"name":"reader","perm":{"permType":"WRITE","key":"eA=="}}"""),
        ("root", "/v3/auth/role/get", """{"role":"reader"}"""),
        ("root", "/v3/auth/role/revoke", """{"role":"reader","key":"Yg==","range_end":"ZA=="}"""),
        ("root", "/v3/auth/role/revoke", """{"role":"reader","key":"Yg==","range_end":"ZA=="}"""),
        ("root", "/v3/auth/user/revoke", """{"name":"anna","role":"reader"}"""),
        ("root", "/v3/auth/user/delete", """{"name":"bert"}"""),
        ("root", "/v3/auth/user/delete", """{"name":"bert"}"""),
        ("root", "/v3/auth/role/delete", """{"role":"reader"}"""),
        ("root", "/v3/auth/disable", "{}"),
        ("-", "/v3/kv/range", """{"key":"Yg=="}"""),
    ];

    [Fact]
    public async Task UsersAndTokens_OverJson_AreAnsweredAsByEtcd()
    {
        using var folder = new TestFolder();
        using var etcd = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"));
        using var ours = ServerProcess.OneMember(Checkout.Server, folder.Combine("ours"));
        etcd.Start();
        ours.Start();
        await etcd.UntilReadyAsync();
        await ours.UntilReadyAsync();
        using var expected = new GatewayPeer(etcd.Endpoint);
        using var actual = new GatewayPeer(ours.Endpoint);
        var differences = new List<string>();
        var witness = new Witness();
        var compared = new ComparedMessages(witness);
        foreach (var (user, path, body) in Acts)
        {
            var want = await expected.AskAsync(await RequestAsync(etcd, user, path, body));
            var got = await actual.AskAsync(await RequestAsync(ours, user, path, body));
            if (want != got)
                differences.Add($"### {user} {path} {body}\netcd: {want}\nours: {got}\n");
            else
                compared.Add(new GatewayRequest(path, "POST", path, Headers: [], Encoding.UTF8.GetBytes(body), Lines: null), got);
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
        witness.Hold("tests/KvStore.Interop.Tests/Http/testdata/witnessed-auth.txt", $"{nameof(GatewayAuthTests)}.{nameof(UsersAndTokens_OverJson_AreAnsweredAsByEtcd)}");
    }

    private static async Task<GatewayRequest> RequestAsync(ServerProcess server, string user, string path, string body)
    {
        var token = user switch
        {
            "-" => null,
            "root" => await TokenAsync(server, user, "secret"),
            "anna" => await TokenAsync(server, user, "pw"),
            _ => "no.token",
        };
        return new GatewayRequest(path, "POST", path, token is null ? [] : [("Authorization", token)], Encoding.UTF8.GetBytes(body), Lines: null);
    }

    private static async Task<string> TokenAsync(ServerProcess server, string user, string password)
    {
        using var http = new HttpClient();
        using var content = new StringContent($$"""{"name":"{{user}}","password":"{{password}}"}""");
        using var response = await http.PostAsync(new Uri($"http://{server.Endpoint}/v3/auth/authenticate"), content);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return answer.RootElement.GetProperty("token").GetString()!;
    }
}
