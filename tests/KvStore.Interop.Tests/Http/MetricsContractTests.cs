using System.Text.RegularExpressions;
using KvStore.Testing;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Http;

/// <summary>/metrics beside etcd's: the families of the contract with their kinds, labels and buckets (contract 4.4).</summary>
public sealed partial class MetricsContractTests
{
    /// <summary>Calls, so that what has labels has samples.</summary>
    private static readonly (string Path, string Body)[] Acts =
    [
        ("/v3/kv/put", """{"key":"YQ=="}"""), ("/v3/kv/range", """{"key":"YQ=="}"""), ("/v3/kv/range", "{}"), ("/v3/lease/grant", """{"TTL":100}"""),
        ("/v3/maintenance/defragment", "{}"), ("/v3/maintenance/hash", "{}"), ("/v3/maintenance/hashkv", "{}"), ("/readyz", ""), ("/livez", ""),
    ];

    [Fact]
    public async Task Families_OfEtcd_AreHere_WithKindsLabelsAndBuckets()
    {
        using var folder = new TestFolder();
        using var etcd = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"), "--metrics", "extensive");
        using var ours = ServerProcess.OneMember(Checkout.Server, folder.Combine("ours"), "--metrics", "extensive");
        var (theirs, here) = (await FamiliesAsync(etcd), await FamiliesAsync(ours));
        var wrong = new List<string>();
        foreach (var row in ContractTable.Read("metrics.txt"))
        {
            var (name, kind, labels) = (row[0], row[1], row[2] == "-" ? [] : row[2].Split(", ").Order(StringComparer.Ordinal).ToArray());
            // The table is held against etcd, too, where its 3.5 has the family.
            if (theirs.TryGetValue(name, out var their) && their.Kind != kind)
                wrong.Add($"{name}: the table says {kind}, etcd {their.Kind}");
            if (row[^1].StartsWith("design:", StringComparison.Ordinal) || row[^1].StartsWith("missing:", StringComparison.Ordinal))
                continue;
            if (!here.TryGetValue(name, out var family))
                wrong.Add($"{name}: not here");
            else if (family.Kind != kind)
                wrong.Add($"{name}: {family.Kind}, not {kind}");
            else if (family.Labels.Count > 0 && !family.Labels.SequenceEqual(labels, StringComparer.Ordinal))
                wrong.Add($"{name}: labels {string.Join(',', family.Labels)}, not {string.Join(',', labels)}");
            else if (their is { Buckets.Count: > 0 } && family.Buckets.Count > 0 && !family.Buckets.SequenceEqual(their.Buckets))
                wrong.Add($"{name}: buckets {string.Join(',', family.Buckets)}, not {string.Join(',', their.Buckets)}");
        }

        Assert.Empty(wrong);
    }

    private static async Task<Dictionary<string, Family>> FamiliesAsync(ServerProcess server)
    {
        server.Start();
        await server.UntilReadyAsync();
        using var http = new HttpClient();
        foreach (var (path, body) in Acts)
        {
            using var content = new StringContent(body);
            using var answer = body.Length == 0
                ? await http.GetAsync(new Uri($"http://{server.Endpoint}{path}"))
                : await http.PostAsync(new Uri($"http://{server.Endpoint}{path}"), content);
            await answer.Content.ReadAsStringAsync();
        }

        return Read(await http.GetStringAsync(new Uri($"http://{server.Endpoint}/metrics")));
    }

    private static Dictionary<string, Family> Read(string page)
    {
        var families = new Dictionary<string, Family>(StringComparer.Ordinal);
        Family? current = null;
        foreach (var line in page.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                families.Add(line.Split(' ')[2], current = new Family(line.Split(' ')[3]));
            else if (line[0] != '#')
                current!.Add(line);
        }

        return families;
    }

    [GeneratedRegex(@"(\w+)=""((?:[^""\\]|\\.)*)""")]
    private static partial Regex Label();

    private sealed record Family(string Kind)
    {
        public SortedSet<string> Labels { get; } = new(StringComparer.Ordinal);

        public SortedSet<double> Buckets { get; } = [];

        public void Add(string sample)
        {
            foreach (Match label in Label().Matches(sample))
            {
                if (label.Groups[1].Value == "le")
                    Buckets.Add(label.Groups[2].Value == "+Inf" ? double.PositiveInfinity : double.Parse(label.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture));
                else
                    Labels.Add(label.Groups[1].Value);
            }
        }
    }
}
