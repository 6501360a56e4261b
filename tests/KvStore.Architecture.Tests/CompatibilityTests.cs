using System.Globalization;
using System.Text;
using Google.Protobuf.Reflection;
using KvStore.Api;
using KvStore.Api.Gateway;
using KvStore.Api.Http;
using KvStore.Api.Metrics;
using KvStore.Protocol.Election;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Health;
using KvStore.Protocol.Lock;
using KvStore.Server.Configuration;

namespace KvStore.Architecture.Tests;

/// <summary>
/// docs/COMPATIBILITY.md is written from the code: every rpc, every flag, every difference by design. KVSTORE_REWRITE=1 writes it
/// anew; otherwise it must be what the code says.
/// </summary>
public sealed class CompatibilityTests
{
    private const string DifferencesHeading = "## By design";

    [Fact]
    public void CompatibilityPage_SaysWhatTheCodeDoes()
    {
        var page = Page();
        var path = Path.Combine(Checkout.Root, "docs/COMPATIBILITY.md");
        if (Environment.GetEnvironmentVariable("KVSTORE_REWRITE") == "1")
            File.WriteAllText(path, page);
        Assert.Equal(File.ReadAllText(path), page);
    }

    [Fact]
    public void EveryMissingRpc_IsAnRpc() => Assert.Empty(MissingRpcs.Paths.Except(Methods().Select(PathOf)));

    private static string Page()
    {
        var page = new StringBuilder();
        page.AppendLine("# Compatibility with etcd");
        page.AppendLine();
        page.AppendLine("The reference is etcd 3.7. Written by `KvStore.Architecture.Tests` from the code (`KVSTORE_REWRITE=1` writes it anew); do not edit.");
        AppendRpcs(page);
        AppendJsonPaths(page);
        AppendFlags(page);
        AppendGates(page);
        AppendDifferences(page);
        return page.ToString().ReplaceLineEndings("\n");
    }

    private static void AppendRpcs(StringBuilder page)
    {
        var methods = Methods().ToArray();
        var missing = MissingRpcs.Paths.ToHashSet(StringComparer.Ordinal);
        page.AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"## Rpcs: {methods.Length - missing.Count} of {methods.Length}");
        page.AppendLine();
        page.AppendLine("A missing rpc answers `Unimplemented`.");
        page.AppendLine();
        page.AppendLine("| Rpc | State |");
        page.AppendLine("|---|---|");
        foreach (var path in methods.Select(PathOf).Order(StringComparer.Ordinal))
            page.AppendLine(CultureInfo.InvariantCulture, $"| `{path}` | {(missing.Contains(path) ? "missing" : "done")} |");
    }

    private static void AppendJsonPaths(StringBuilder page)
    {
        page.AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"## JSON paths: {GatewayRoutes.All.Count}");
        page.AppendLine();
        page.AppendLine("`POST` on the client URLs (or `--listen-client-http-urls`); `/v3beta/` is the same. A stream answers with a line for each message. What stands above of an rpc holds for its path.");
        page.AppendLine();
        page.AppendLine("| Path | Rpc | Stream |");
        page.AppendLine("|---|---|---|");
        foreach (var (path, method) in GatewayRoutes.All.OrderBy(route => route.Key, StringComparer.Ordinal))
            page.AppendLine(CultureInfo.InvariantCulture, $"| `{path}` | `{PathOf(method)}` | {(method.IsServerStreaming ? "yes" : "")} |");
    }

    private static void AppendMetrics(StringBuilder page)
    {
        page.AppendLine();
        page.AppendLine("## Plain HTTP paths");
        page.AppendLine();
        page.AppendLine("`GET` on the client URLs: `/version`, `/debug/vars`, and those that `--listen-metrics-urls` serve too:");
        page.AppendLine(CultureInfo.InvariantCulture, $"`/metrics`, `/health`, {string.Join(", ", HealthEndpoint.LivenessChecks.Select(name => $"`/livez/{name}`").Prepend("`/livez`"))}, {string.Join(", ", HealthEndpoint.ReadinessChecks.Select(name => $"`/readyz/{name}`").Prepend("`/readyz`"))}.");
        page.AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"## Metrics: {MetricTable.All.Count} families");
        page.AppendLine();
        page.AppendLine("Names, kinds and labels are etcd's. What is not listed counts something that does not exist here (bbolt's pages, Go's runtime, the v2 store), or is not measured.");
        page.AppendLine();
        page.AppendLine("| Family | Kind | What |");
        page.AppendLine("|---|---|---|");
        foreach (var metric in MetricTable.All)
            page.AppendLine(CultureInfo.InvariantCulture, $"| `{metric.Name}` | {metric.Kind.ToString().ToLowerInvariant()} | {metric.Help.TrimEnd('.')} |");
    }

    private static void AppendFlags(StringBuilder page)
    {
        page.AppendLine();
        page.AppendLine("## Flags of the server");
        page.AppendLine();
        page.AppendLine("Every flag has its environment variable (`ETCD_NAME`) and, where etcd has one, its key in the configuration file. An inert flag is accepted and changes nothing; a refused one stops the start when it is not at its default.");
        page.AppendLine();
        page.AppendLine("| Flag | Default | Here |");
        page.AppendLine("|---|---|---|");
        foreach (var flag in FlagTable.All)
            page.AppendLine(CultureInfo.InvariantCulture, $"| `--{flag.Name}` | {(flag.Default.Length > 0 ? $"`{flag.Default}`" : "")} | {Effect(flag)} |");
        page.AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"Names of etcd 3.5 with the prefix `--{RenamedFlags.ExperimentalPrefix}` mean the flags and feature gates that they became. Only warned about, as by etcd: {string.Join(", ", FlagTable.Legacy.Order(StringComparer.Ordinal).Select(name => $"`--{name}`"))}.");
    }

    private static void AppendGates(StringBuilder page)
    {
        page.AppendLine();
        page.AppendLine("| Feature gate | Default | Here |");
        page.AppendLine("|---|---|---|");
        foreach (var gate in FeatureGates.All)
            page.AppendLine(CultureInfo.InvariantCulture, $"| `{gate.Name}` | `{(gate.Default ? "true" : "false")}` | {(gate.Note.Length == 0 ? "effective" : $"accepted without effect: {gate.Note}")} |");
    }

    private static void AppendDifferences(StringBuilder page)
    {
        var notes = File.ReadAllText(Path.Combine(Checkout.Root, "docs/testing/differential.md"));
        var start = notes.IndexOf(DifferencesHeading, StringComparison.Ordinal);
        Assert.True(start >= 0, "docs/testing/differential.md has the list of differences by design");
        var end = notes.IndexOf("\n## ", start + DifferencesHeading.Length, StringComparison.Ordinal);
        page.AppendLine();
        page.AppendLine("## Differences by design");
        page.Append(notes.AsSpan(start + DifferencesHeading.Length, (end < 0 ? notes.Length : end) - start - DifferencesHeading.Length));
    }

    private static string Effect(Flag flag) => flag.Effect switch
    {
        FlagEffect.Effective => "effective",
        FlagEffect.Inert => $"accepted without effect: {flag.Note}",
        FlagEffect.Refused => $"refused: {flag.Note}",
        _ => throw new InvalidOperationException($"{flag.Effect} has no words"),
    };

    private static IEnumerable<MethodDescriptor> Methods() =>
        new[] { RpcReflection.Descriptor, ElectionReflection.Descriptor, LockReflection.Descriptor, HealthReflection.Descriptor }
            .SelectMany(file => file.Services).SelectMany(service => service.Methods);

    private static string PathOf(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";
}
