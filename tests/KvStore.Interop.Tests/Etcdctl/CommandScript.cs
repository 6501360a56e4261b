using System.Text.RegularExpressions;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Etcdctl;

/// <summary>
/// A day's work with a command-line client: the same commands in the same order, against any server, with what each printed.
/// </summary>
internal sealed partial class CommandScript(string program, string endpoint)
{
    private readonly List<string> _transcript = [];

    private static readonly Dictionary<string, string> ApiVersion3 = new() { ["ETCDCTL_API"] = "3" };

    /// <summary>One entry a command: the command, its exit code, what it printed; ids, times and sizes replaced by their names.</summary>
    public IReadOnlyList<string> Transcript => _transcript;

    public async Task<IReadOnlyList<string>> RunAsync()
    {
        await RunKvAsync();
        await RunTxnAsync();
        await RunLeaseAsync();
        await RunWatchAsync();
        await RunCompactionAsync();
        await RunClusterAsync();
        return _transcript;
    }

    private async Task RunKvAsync()
    {
        await StepAsync("put", "greeting", "hello");
        await StepAsync("put", "greeting", "hello again", "--prev-kv");
        await StepWithInputAsync("from standard input", "put", "piped");
        await StepAsync("get", "greeting");
        await StepAsync("get", "greeting", "--rev=2");
        await StepAsync("get", "nothing");
        for (var i = 0; i < 5; i++)
            await StepAsync("put", $"fruit/{i}", $"value {i}");
        await StepAsync("get", "--prefix", "fruit/");
        await StepAsync("get", "--prefix", "fruit/", "--limit=2");
        await StepAsync("get", "--prefix", "fruit/", "--keys-only");
        await StepAsync("get", "--prefix", "fruit/", "--order=DESCEND", "--sort-by=MODIFY");
        await StepAsync("get", "--prefix", "fruit/", "--print-value-only");
        await StepAsync("get", "fruit/1", "fruit/3");
        await StepAsync("get", "--from-key", "fruit/3");
        await StepAsync("get", "--hex", "greeting");
        await StepAsync("get", "greeting", "--consistency=s");
        foreach (var format in new[] { "json", "fields" })
        {
            await StepAsync("get", "--prefix", "fruit/", "-w", format);
            await StepAsync("put", "greeting", "hi", "--prev-kv", "-w", format);
            await StepAsync("del", "piped", "--prev-kv", "-w", format);
        }

        await StepAsync("del", "fruit/0");
        await StepAsync("del", "--prefix", "fruit/", "--prev-kv");
        await StepAsync("del", "nothing");
        await StepAsync("put", "greeting", "--ignore-value");
        await StepAsync("put", "missing", "--ignore-value");
        await StepAsync("get", "greeting", "--rev=100000");
        await StepAsync("put", "", "value");
    }

    private async Task RunTxnAsync()
    {
        await StepWithInputAsync("value(\"greeting\") = \"hi\"\n\nput chosen yes\nget greeting\n\nput chosen no\n\n", "txn");
        await StepWithInputAsync("version(\"chosen\") > \"5\"\nmod(\"greeting\") > \"1\"\n\nput chosen again\n\nget chosen\ndel chosen --prev-kv\n\n", "txn");
        await StepWithInputAsync("create(\"chosen\") = \"0\"\n\nput chosen \"with blanks\"\n\n\n", "txn", "-w", "json");
        await StepWithInputAsync("\nput twice 1\nput twice 2\n\n\n", "txn");
        await StepWithInputAsync("nonsense\n\n\n\n", "txn");
    }

    private async Task RunLeaseAsync()
    {
        var granted = await StepAsync("lease", "grant", "600");
        var lease = granted.Output.Split(' ') is { Length: > 1 } words ? words[1] : "0";
        await StepAsync("put", "leased", "value", $"--lease={lease}");
        await StepAsync("lease", "timetolive", lease, "--keys");
        await StepAsync("lease", "keep-alive", lease, "--once");
        await StepAsync("lease", "list");
        await StepAsync("lease", "timetolive", lease, "-w", "json");
        await StepAsync("lease", "revoke", lease);
        await StepAsync("get", "leased");
        await StepAsync("lease", "timetolive", lease);
        await StepAsync("lease", "revoke", lease);
        await StepAsync("lease", "keep-alive", "--once", lease);
        await StepAsync("put", "leased", "value", $"--lease={lease}");
    }

    private async Task RunWatchAsync()
    {
        await StepAsync("put", "watched", "one");
        await StepAsync("put", "watched", "two");
        await StepAsync("del", "watched");
        await WatchAsync(lines: 13, "watch", "watched", "--rev=1", "--prev-kv");
        await WatchAsync(lines: 9, "watch", "--prefix", "watch", "--rev=2");
        await WatchAsync(lines: 1, "watch", "watched", "--rev=2", "-w", "json");
    }

    private async Task RunCompactionAsync()
    {
        await StepAsync("compaction", "10");
        await StepAsync("compaction", "10");
        await StepAsync("compaction", "12", "--physical");
        await StepAsync("compaction", "100000");
        await StepAsync("get", "greeting", "--rev=5");
        await StepAsync("get", "greeting");
        await StepAsync("watch", "greeting", "--rev=3");
    }

    private async Task RunClusterAsync()
    {
        await StepAsync("member", "list");
        await StepAsync("member", "list", "-w", "table");
        await StepAsync("endpoint", "health");
        var status = await RunAsync("", "endpoint", "status", "-w", "json");
        _transcript.Add($"endpoint status -w json\nexit {status.ExitCode}\n");
    }

    private Task<ProcessResult> StepAsync(params string[] arguments) => StepWithInputAsync("", arguments);

    private async Task<ProcessResult> StepWithInputAsync(string input, params string[] arguments)
    {
        var result = await RunAsync(input, arguments);
        Record(arguments, result.ExitCode, result.Output, result.Errors);
        return result;
    }

    /// <summary>A watch has no end of its own: it is interrupted when as many lines have come as are expected.</summary>
    private async Task WatchAsync(int lines, params string[] arguments)
    {
        using var child = ChildProcess.Start(program, ["--endpoints", endpoint, .. arguments], ApiVersion3);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (child.Output.Count(c => c == '\n') < lines && !child.HasExited)
            await poll.WaitForNextTickAsync(limit.Token);
        child.Signal(ChildProcess.SignalKill);
        await child.WaitForExitAsync(TimeSpan.FromSeconds(10));
        Record(arguments, 0, child.Output, "");
    }

    private Task<ProcessResult> RunAsync(string input, params string[] arguments) =>
        ChildProcess.RunAsync(program, ["--endpoints", endpoint, .. arguments], input, ApiVersion3);

    private void Record(string[] arguments, int exitCode, string output, string errors)
    {
        // Go's client logs its retries as JSON lines beside the error.
        var said = string.Join('\n', errors.Split('\n').Where(line => !line.StartsWith('{')));
        _transcript.Add(Anonymous($"{string.Join(' ', arguments)}\nexit {exitCode}\n{output}{said}"));
    }

    private string Anonymous(string text)
    {
        text = text.Replace(endpoint, "<endpoint>", StringComparison.Ordinal);
        text = UrlPattern().Replace(text, "http://<address>");
        text = OwnNumbers().Replace(text, "$1<own>");
        text = HexId().Replace(text, "<id>");
        text = Took().Replace(text, "took = <time>");
        text = Remaining().Replace(text, "$1<seconds>");
        return TableFrame().Replace(text, m => m.Value[..1]);
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex UrlPattern();

    [GeneratedRegex("(\"(?:cluster_id|member_id|raft_term|ClusterID|MemberID|RaftTerm|id|ID)\" ?: ?)\\d+")]
    private static partial Regex OwnNumbers();

    [GeneratedRegex(@"\b[0-9a-f]{13,16}\b")]
    private static partial Regex HexId();

    [GeneratedRegex(@"took = \S+")]
    private static partial Regex Took();

    [GeneratedRegex("(remaining\\(|\"ttl\":)\\d+")]
    private static partial Regex Remaining();

    [GeneratedRegex("-{3,}|─{3,}| {2,}")]
    private static partial Regex TableFrame();
}
