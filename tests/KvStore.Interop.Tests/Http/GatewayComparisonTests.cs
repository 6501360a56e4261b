using System.Globalization;
using KvStore.Primitives;
using KvStore.Testing;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Http;

/// <summary>Our JSON gateway beside etcd's: the same requests, right and wrong ones, get the same status and the same JSON.</summary>
public sealed class GatewayComparisonTests
{
    private const int DifferencesShown = 20;

    [Fact]
    public async Task Requests_OnEveryPath_AreAnsweredAsByEtcd()
    {
        var requests = GatewayRequest.ReadAll();
        Assert.True(requests.Count >= 190, "a comparison that lost its lines would be green"); // C18
        var witness = new Witness();
        AssertNone(await CompareAsync(requests, new ComparedMessages(witness)));
        witness.Hold("tests/KvStore.Interop.Tests/Http/testdata/witnessed-gateway.txt", $"{nameof(GatewayComparisonTests)}.{nameof(Requests_OnEveryPath_AreAnsweredAsByEtcd)}");
    }

    /// <summary>
    /// Requests with bytes changed, doubled, left out or exchanged between them: nonsense mostly, and judged alike. KVSTORE_GATEWAY sets
    /// their number, KVSTORE_SEED the seed.
    /// </summary>
    [Fact]
    public async Task MutatedRequests_AreAnsweredAsByEtcd()
    {
        var originals = GatewayRequest.ReadAll().Where(request => request is { Lines: null, Method: "POST", Headers.Count: 0 } && request.Body.Length > 2 && IsRepeatable(request.Path)).ToArray();
        var prng = new Prng((ulong)Number("KVSTORE_SEED", 1));
        var requests = Enumerable.Range(0, Number("KVSTORE_GATEWAY", 3000)).Select(i =>
        {
            var original = originals[prng.Below(originals.Length)];
            var body = Mutation.Of(original.Body, originals[prng.Below(originals.Length)].Body, prng);
            return original with { Text = $"mutation {i} of {original.Path}: {System.Text.Encoding.Latin1.GetString(body)}", Body = body };
        });
        AssertNone(await CompareAsync(requests.ToArray()));
    }

    /// <summary>Not what would give one server ids, or change who is a member, by chance.</summary>
    private static bool IsRepeatable(string path) =>
        path.StartsWith("/v3/kv/", StringComparison.Ordinal) && !path.Contains("lease", StringComparison.Ordinal) && !path.Contains("compaction", StringComparison.Ordinal);

    private static async Task<List<string>> CompareAsync(IReadOnlyList<GatewayRequest> requests, ComparedMessages? compared = null)
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
        foreach (var request in requests)
        {
            var (want, got) = (await expected.AskAsync(request), await actual.AskAsync(request));
            if (want != got && !IsByDesign(request, want, got))
                differences.Add($"### {request.Text}\netcd: {want}\nours: {got}\n");
            else if (want == got)
                compared?.Add(request, got);
        }

        return differences;
    }

    /// <summary>docs/testing/differential.md: 3, unknown sorts are refused since 3.6.</summary>
    private static bool IsByDesign(GatewayRequest request, string want, string got) =>
        request.Path == "/v3/kv/range" && want.StartsWith("200", StringComparison.Ordinal) && got.Contains("etcdserver: invalid sort option", StringComparison.Ordinal);

    private static void AssertNone(List<string> differences) => Assert.True(differences.Count == 0, string.Join("\n", differences.Take(DifferencesShown)));

    private static int Number(string variable, int otherwise) =>
        int.Parse(Environment.GetEnvironmentVariable(variable) ?? otherwise.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
