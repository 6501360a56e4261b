using System.Globalization;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Ctl;

/// <summary>
/// Acceptance: one script of command lines, right and wrong ones, by etcdctl and by kvctl, against etcd and against this server, in every
/// output format. All four must end with the same codes and print the same bytes, on both outputs.
/// </summary>
/// <remarks>
/// All four servers advertise the same address, so that ids of clusters and members, terms and indexes are the same and are compared, too.
/// Left out: the text of help, the Go client's log, times and sizes, ids of leases.
/// </remarks>
public sealed class CtlComparisonTests
{
    /// <summary>A comparison that lost its lines would be green (C18).</summary>
    private const int LinesMin = 300;

    [Fact]
    public async Task Script_ByBothToolsAgainstBothServers_PrintsTheSame()
    {
        var script = ScriptLine.ReadAll("script.txt");
        Assert.True(script.Count >= LinesMin, $"{script.Count} lines");
        var known = KnownDifference.ReadAll("differences.txt");
        var ours = await CompareAsync(script, known);
        Assert.Equal([], known.Where(difference => difference.Uses == 0).Select(difference => difference.Reason));
        CtlComparison.Hold(ours, "witnessed-commands.txt", $"{nameof(CtlComparisonTests)}.{nameof(Script_ByBothToolsAgainstBothServers_PrintsTheSame)}");
    }

    [Fact]
    public async Task ScriptOfAlarms_ByBothToolsAgainstBothServers_PrintsTheSame()
    {
        var ours = await CompareAsync(ScriptLine.ReadAll("alarms.txt"), KnownDifference.ReadAll("differences.txt"), "--quota-backend-bytes", "1");
        Assert.Contains(ours, step => step.Title == "alarm list" && step.Result.Contains("alarm:NOSPACE", StringComparison.Ordinal));
    }

    private static Task<IReadOnlyList<ScriptStep>> CompareAsync(IReadOnlyList<ScriptLine> script, IReadOnlyList<KnownDifference> known, params string[] flags) =>
        CtlComparison.RunAsync(script, known, ToolStart.FirstFormat, (lines, tool, server, folder) => RunAsync(lines, tool, server, folder, flags));

    private static async Task<IReadOnlyList<ScriptStep>> RunAsync(IReadOnlyList<ScriptLine> script, ScriptTool tool, string program, string folder, string[] flags)
    {
        var ports = FreePorts.Take(2);
        const string Advertised = "http://127.0.0.1:2380";
        string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        using var server = new ServerProcess(program, "single", ports[0], ports[1],
        [
            "--name", "single", "--data-dir", Path.Combine(folder, "data"), "--initial-cluster", "single=" + Advertised,
            "--listen-client-urls", Url(ports[0]), "--advertise-client-urls", Url(ports[0]),
            "--listen-peer-urls", Url(ports[1]), "--initial-advertise-peer-urls", Advertised,
            // Nothing slows it down so long that it elects itself again: terms are compared.
            "--heartbeat-interval", "1000", "--election-timeout", "10000", .. flags,
        ]);
        server.Start();
        await server.UntilReadyAsync();
        return await new ScriptRun(tool, server.Endpoint, folder).RunAsync(script);
    }

    [Fact]
    public async Task Variables_OfEtcdctl_AreReadAndOursWin()
    {
        using var folder = new TestFolder();
        using var server = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"));
        server.Start();
        await server.UntilReadyAsync();
        var variables = new Dictionary<string, string> { ["ETCDCTL_ENDPOINTS"] = server.Endpoint, ["ETCDCTL_WRITE_OUT"] = "json" };
        var json = await ChildProcess.RunAsync(Checkout.Ctl, ["get", "nothing"], environment: variables);
        Assert.StartsWith("{\"header\":{", json.Output, StringComparison.Ordinal);
        variables["KVCTL_WRITE_OUT"] = "fields";
        var fields = await ChildProcess.RunAsync(Checkout.Ctl, ["get", "nothing"], environment: variables);
        Assert.StartsWith("\"ClusterID\" : ", fields.Output, StringComparison.Ordinal);
        var flag = await ChildProcess.RunAsync(Checkout.Ctl, ["get", "nothing", "-w", "simple"], environment: variables);
        Assert.Equal("", flag.Output);
    }

    [Fact]
    public async Task Put_NobodyListens_WaitsForTheTimeoutAndSaysSo()
    {
        var port = FreePorts.Take(1)[0];
        var result = await ChildProcess.RunAsync(Checkout.Ctl, ["--endpoints", $"127.0.0.1:{port}", "--command-timeout", "300ms", "put", "a", "b"]);
        Assert.Equal((1, ""), (result.ExitCode, result.Output));
        // The time limit alone would not say what is wrong; etcd's client puts the cause into such a line, too.
        var lines = result.Errors.Split('\n');
        Assert.Equal(["Error: context deadline exceeded", ""], lines[1..]);
        Assert.Contains($"dial tcp 127.0.0.1:{port}: connect: connection refused", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_FirstEndpointIsDead_IsAnsweredByTheSecond()
    {
        using var folder = new TestFolder();
        using var server = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("etcd"));
        server.Start();
        await server.UntilReadyAsync();
        var endpoints = $"127.0.0.1:{FreePorts.Take(1)[0]},{server.Endpoint}";
        Assert.Equal(new ProcessResult(0, "OK\n", ""), await ChildProcess.RunAsync(Checkout.Ctl, ["--endpoints", endpoints, "put", "a", "b"]));
        Assert.Equal(new ProcessResult(0, "a\nb\n", ""), await ChildProcess.RunAsync(Checkout.Ctl, ["--endpoints", endpoints, "get", "a"]));
    }
}
