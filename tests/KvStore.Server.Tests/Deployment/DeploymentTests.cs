using System.Text.Json;
using System.Text.RegularExpressions;
using KvStore.Server.Configuration;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Deployment;

/// <summary>What deploy/ says about the server is true: its variables are flags, its queries name metrics that are there.</summary>
public sealed partial class DeploymentTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly string Folder = Path.Combine(Checkout.Root, "deploy");

    public static TheoryData<string> FilesOfSettings { get; } =
        ["docker/Dockerfile", "compose/compose.yaml", "kubernetes/statefulset.yaml", "systemd/kvstore.env"];

    [Theory]
    [MemberData(nameof(FilesOfSettings))]
    public void Settings_AreFlagsWithEffect(string file)
    {
        var names = Variable().Matches(File.ReadAllText(Path.Combine(Folder, file))).Select(match => match.Groups[1].Value).Distinct().ToArray();
        Assert.NotEmpty(names);
        foreach (var name in names)
        {
            var flag = FlagTable.Find(name.ToLowerInvariant().Replace('_', '-'));
            Assert.True(flag is { Effect: FlagEffect.Effective }, $"{file}: ETCD_{name}");
        }
    }

    [Fact]
    public async Task QueriesOfMonitoring_NameMetricsThatAreExposed()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"));
        member.Start();
        await member.UntilReadyAsync(Patience);
        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri($"http://{member.Endpoint}/metrics"));
        var exposed = Exposed().Matches(text).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);

        var queries = Queries(await File.ReadAllTextAsync(Path.Combine(Folder, "monitoring", "dashboard.json")))
            .Append(await File.ReadAllTextAsync(Path.Combine(Folder, "monitoring", "alerts.yml")));
        var named = queries.SelectMany(query => Metric().Matches(query).Select(match => Suffix().Replace(match.Value, ""))).Distinct().ToArray();
        Assert.True(named.Length > 15, $"only {named.Length} metrics are named");
        Assert.Equal([], named.Except(exposed));
    }

    private static IEnumerable<string> Queries(string dashboard)
    {
        using var document = JsonDocument.Parse(dashboard);
        foreach (var panel in document.RootElement.GetProperty("panels").EnumerateArray())
        {
            foreach (var target in panel.GetProperty("targets").EnumerateArray())
                yield return target.GetProperty("expr").GetString()!;
        }
    }

    [GeneratedRegex(@"\bETCD_([A-Z_]+)\b")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^# TYPE (\S+) ", RegexOptions.Multiline)]
    private static partial Regex Exposed();

    [GeneratedRegex(@"\b(etcd|grpc_server|process)_[a-z_]+\b")]
    private static partial Regex Metric();

    [GeneratedRegex("_bucket$")]
    private static partial Regex Suffix();
}
