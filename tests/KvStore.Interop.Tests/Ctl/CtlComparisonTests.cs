using System.Text.RegularExpressions;
using KvStore.Testing;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Ctl;

/// <summary>
/// kvctl beside etcdctl, each with an etcd of its own: the same command lines, right and wrong ones, must end with the same code and
/// print the same. Help texts, log lines, times and ids are left out.
/// </summary>
public sealed partial class CtlComparisonTests
{
    private static readonly string[] FurtherFormats = ["json", "fields", "table"];

    [Fact]
    public async Task CommandLines_InEveryFormat_AreAnsweredAsByEtcdctl()
    {
        using var folder = new TestFolder();
        using var theirs = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("theirs"));
        using var ours = ServerProcess.OneMember(Checkout.Etcd, folder.Combine("ours"));
        theirs.Start();
        ours.Start();
        await theirs.UntilReadyAsync();
        await ours.UntilReadyAsync();

        var lines = CommandLineFile.ReadAll();
        Assert.True(lines.Count >= 130, "a comparison that lost its lines would be green"); // C18
        var differences = new List<string>();
        var tried = new Witness();
        foreach (var line in lines)
        {
            if (await CompareAsync(line, line.Words, theirs.Endpoint, ours.Endpoint, differences))
                TriedCommands.AddTo(tried, line.Words);
            foreach (var format in line.ReadsOnly ? FurtherFormats : [])
                await CompareAsync(line, [.. line.Words, "-w", format], theirs.Endpoint, ours.Endpoint, differences);
            // Ids stand inside the encoded bytes: both tools ask the same server.
            if (line.ReadsOnly)
                await CompareAsync(line, [.. line.Words, "-w", "protobuf"], theirs.Endpoint, theirs.Endpoint, differences);
        }

        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
        tried.Hold("tests/KvStore.Interop.Tests/Ctl/testdata/witnessed-commands.txt", $"{nameof(CtlComparisonTests)}.{nameof(CommandLines_InEveryFormat_AreAnsweredAsByEtcdctl)}");
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

    /// <returns>True for a command that was done, not refused.</returns>
    private static async Task<bool> CompareAsync(CommandLineFile line, string[] words, string theirEndpoint, string ourEndpoint, List<string> differences)
    {
        var expected = await RunAsync(Checkout.Etcdctl, theirEndpoint, line.Input, words);
        var actual = await RunAsync(Checkout.Ctl, ourEndpoint, line.Input, words);
        if (expected != actual)
            differences.Add($"### {line.Text}: {string.Join(' ', words)}\netcdctl: {expected}\nkvctl:   {actual}");
        return expected == actual && expected.StartsWith("exit 0\n", StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(string program, string endpoint, string input, string[] words)
    {
        var result = await ChildProcess.RunAsync(program, ["--endpoints", endpoint, .. words], input);
        var help = result.Output.IndexOf("NAME:\n", StringComparison.Ordinal);
        var output = help < 0 ? result.Output : result.Output[..help];
        var errors = string.Join('\n', result.Errors.Split('\n').Where(text => !text.StartsWith('{')));
        return Anonymous($"exit {result.ExitCode}\n{output}{errors}", endpoint);
    }

    private static string Anonymous(string text, string endpoint)
    {
        text = text.Replace("etcdctl", "<tool>", StringComparison.Ordinal).Replace("kvctl", "<tool>", StringComparison.Ordinal);
        text = Address().Replace(text.Replace(endpoint, "<address>", StringComparison.Ordinal), "<address>");
        text = Took().Replace(text, "<time>");
        text = Id().Replace(text, "<id>");
        return Frame().Replace(text, " ");
    }

    [GeneratedRegex(@"127\.0\.0\.1:\d+")]
    private static partial Regex Address();

    [GeneratedRegex(@"\b[0-9.]+(ms|µs|s)\b")]
    private static partial Regex Took();

    [GeneratedRegex(@"\b(\d{15,20}|[0-9a-f]{13,16})\b")]
    private static partial Regex Id();

    [GeneratedRegex("[─┬┼┴]{2,}| {2,}")]
    private static partial Regex Frame();
}
