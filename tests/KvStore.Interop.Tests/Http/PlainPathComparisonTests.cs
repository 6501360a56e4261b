using System.Text;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Http;

/// <summary>/health, /livez, /readyz and what belongs to them, beside etcd's: status, headers and body, with and without alarms.</summary>
public sealed class PlainPathComparisonTests
{
    private static readonly string[] Paths =
    [
        "/health", "/health?serializable=true", "/health?serializable=false", "/health?exclude=NOSPACE", "/health?exclude=NOSPACE&exclude=CORRUPT", "/health?exclude=NOTHING", "/health/",
        "/livez", "/livez?verbose", "/livez?verbose=true", "/livez/", "/livez/serializable_read", "/livez/serializable_read?verbose", "/livez/serializable_read?exclude=serializable_read&verbose",
        "/livez/linearizable_read", "/livez?exclude=serializable_read&verbose", "/livezz",
        "/readyz", "/readyz?verbose", "/readyz/", "/readyz/nothing", "/readyz/data_corruption", "/readyz/data_corruption?verbose", "/readyz/serializable_read?verbose",
        "/readyz/linearizable_read?verbose", "/readyz/non_learner?verbose", "/readyz?exclude=linearizable_read&verbose", "/readyz?exclude=nothing&verbose", "/readyz?exclude=data_corruption",
        "/readyz?exclude=data_corruption&exclude=serializable_read&exclude=linearizable_read&exclude=non_learner&verbose",
        "//health", "/./health", "/a/../version", "/health//", "/health/../v3/nothing", "/..", "//", "/%2e%2e/health", "/a%2f..%2fhealth?x=1&y=2", "/v3//kv/range", "/with blank//", "/<a>/../<b>",
        "/nothing", "/", "/metricsx", "/debug", "/debug/pprof/",
    ];

    /// <summary>The client must not clean the path before the server does.</summary>
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private static readonly string[] Alarms = ["NOSPACE", "CORRUPT"];

    [Fact]
    public async Task PlainPaths_WithAndWithoutAlarms_AreAnsweredAsByEtcd()
    {
        using var folder = new TestFolder();
        using var etcd = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"));
        using var ours = ServerProcess.OneMember(Checkout.Server, folder.Combine("ours"));
        etcd.Start();
        ours.Start();
        await etcd.UntilReadyAsync();
        await ours.UntilReadyAsync();
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        var differences = new List<string>();
        await CompareAsync(http, etcd, ours, "no alarm", differences);
        foreach (var alarm in Alarms)
        {
            // One at a time: of two, etcd names whichever its map gives first.
            foreach (var server in new[] { etcd, ours })
                await TurnAsync(http, server, "ACTIVATE", alarm);
            await CompareAsync(http, etcd, ours, alarm, differences);
            foreach (var server in new[] { etcd, ours })
                await TurnAsync(http, server, "DEACTIVATE", alarm);
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static async Task CompareAsync(HttpClient http, ServerProcess etcd, ServerProcess ours, string when, List<string> differences)
    {
        foreach (var path in Paths)
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Head, HttpMethod.Options })
            {
                var (want, got) = (await AskAsync(http, etcd, method, path), await AskAsync(http, ours, method, path));
                if (want != got)
                    differences.Add($"### {when}: {method} {path}\netcd: {want}\nours: {got}\n");
            }
        }
    }

    private static async Task<string> AskAsync(HttpClient http, ServerProcess server, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, new Uri($"http://{server.Endpoint}{path.Replace(" ", "%20", StringComparison.Ordinal)}", AsWritten));
        using var response = await http.SendAsync(request);
        // The checks come in the order of Go's map, another one each time.
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n').Order(StringComparer.Ordinal);
        var headers = response.Headers.Concat(response.Content.Headers)
            .Where(header => header.Key is not ("Date" or "Content-Length" or "Transfer-Encoding"))
            .Select(header => $"{header.Key}: {string.Join(", ", header.Value)}").Order(StringComparer.Ordinal);
        return $"{(int)response.StatusCode} {string.Join("; ", headers)}\n{string.Join('\n', lines)}";
    }

    private static async Task TurnAsync(HttpClient http, ServerProcess server, string action, string alarm)
    {
        using var ask = new StringContent("{}");
        using var status = await http.PostAsync(new Uri($"http://{server.Endpoint}/v3/maintenance/status"), ask);
        using var document = System.Text.Json.JsonDocument.Parse(await status.Content.ReadAsStringAsync());
        var member = document.RootElement.GetProperty("header").GetProperty("member_id").GetString();
        using var raise = new StringContent($$"""{"action":"{{action}}","alarm":"{{alarm}}","memberID":"{{member}}"}""", Encoding.UTF8);
        using var raised = await http.PostAsync(new Uri($"http://{server.Endpoint}/v3/maintenance/alarm"), raise);
        raised.EnsureSuccessStatusCode();
    }
}
