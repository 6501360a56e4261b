using System.Text.RegularExpressions;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Auth;

/// <summary>
/// From a cluster without users to one with, and back, with a command-line client: the same commands in the same order, with what
/// each printed. Left out is what 3.7 answers differently by design (docs/testing/differential.md).
/// </summary>
internal sealed partial class AuthScript(string program, string endpoint)
{
    private const string Root = "--user=root:rootpw";
    private const string Alice = "--user=alice:alicepw";
    private static readonly Dictionary<string, string> ApiVersion3 = new() { ["ETCDCTL_API"] = "3" };

    private readonly List<string> _transcript = [];

    public async Task<IReadOnlyList<string>> RunAsync()
    {
        await PrepareAsync();
        await StepAsync("auth", "enable");
        await KnockAsync();
        await UseKeysAsync();
        await AskAsync();
        await ManageAsync();
        await StepAsync("auth", "disable");
        await StepAsync("auth", "disable", Root);
        await StepAsync("auth", "status");
        await StepAsync("get", "x");
        await StepAsync("put", "x", "y", "--user=nobody:any");
        return _transcript;
    }

    private async Task PrepareAsync()
    {
        await StepAsync("auth", "status");
        await StepAsync("auth", "status", "-w", "json");
        await StepAsync("user", "add", "root:rootpw");
        await StepAsync("user", "add", "alice", "--new-user-password=alicepw");
        await StepAsync("user", "add", "bob", "--no-password");
        await StepWithInputAsync("carolpw", "user", "add", "carol", "--interactive=false");
        await StepAsync("user", "add", "alice:other");
        await StepAsync("role", "add", "app");
        await StepAsync("role", "add", "app");
        await StepAsync("role", "grant-permission", "app", "readwrite", "app/", "--prefix");
        await StepAsync("role", "grant-permission", "app", "read", "shared");
        await StepAsync("role", "grant-permission", "app", "write", "drop", "drop2");
        await StepAsync("role", "grant-permission", "app", "write", "z", "a");
        await StepAsync("role", "grant-permission", "missing", "write", "a");
        foreach (var format in new[] { "simple", "json", "fields" })
        {
            await StepAsync("role", "get", "app", "-w", format);
            await StepAsync("role", "list", "-w", format);
            await StepAsync("user", "list", "-w", format);
            await StepAsync("user", "get", "alice", "-w", format);
        }

        await StepAsync("user", "grant-role", "alice", "app");
        await StepAsync("user", "grant-role", "alice", "missing");
        await StepAsync("user", "get", "alice", "--detail");
    }

    private async Task KnockAsync()
    {
        await StepAsync("put", "x", "y");
        await StepAsync("get", "x");
        await StepAsync("put", "x", "y", "--user=root:wrong");
        await StepAsync("put", "x", "y", "--user=nobody:wrong");
        await StepAsync("put", "x", "y", "--user=bob:any");
        await StepAsync("put", "x", "y", "--user=root", "--password=rootpw");
        await StepAsync("auth", "enable", Root);
        await StepAsync("auth", "status", Root);
        await StepAsync("auth", "status", Root, "-w", "fields");
    }

    private async Task UseKeysAsync()
    {
        await StepAsync("put", "app/1", "v", Alice);
        await StepAsync("put", "app/1", "w", "--prev-kv", Alice);
        await StepAsync("put", "other", "v", Alice);
        await StepAsync("put", "drop", "v", Alice);
        await StepAsync("put", "drop", "v", "--prev-kv", Alice);
        await StepAsync("get", "shared", Alice);
        await StepAsync("put", "shared", "v", Alice);
        await StepAsync("get", "app/", "--prefix", Alice);
        await StepAsync("get", "a", "--prefix", Alice);
        await StepAsync("get", "app/", "--from-key", Alice);
        await StepAsync("del", "drop", Alice);
        await StepAsync("del", "app/", "--from-key", Alice);
        await StepWithInputAsync("mod(\"shared\") = \"0\"\n\nput app/2 v\n\nget app/2\n\n", "txn", Alice);
        await StepWithInputAsync("mod(\"other\") = \"0\"\n\nput app/2 v\n\n\n", "txn", Alice);
        await StepWithInputAsync("\nput app/2 v\n\nput other v\n\n", "txn", Alice);
        await StepAsync("compaction", "2", Alice);
        await StepAsync("compaction", "2", Root);
        await StepAsync("get", "app/1", "--user=carol:carolpw");
    }

    private async Task AskAsync()
    {
        await StepAsync("user", "get", "alice", Alice);
        await StepAsync("user", "get", "root", Alice);
        await StepAsync("role", "get", "app", Alice);
        await StepAsync("role", "get", "root", Alice);
        await StepAsync("user", "list", Alice);
        await StepAsync("role", "list", Alice);
        await StepAsync("user", "list", Root);
        await StepAsync("user", "list");
        await StepAsync("member", "remove", "77", Alice);
        await StepAsync("alarm", "list", Alice);
        await StepAsync("alarm", "list");
        await StepAsync("alarm", "disarm", Alice);
        await StepAsync("lease", "grant", "100");
        await StepAsync("lease", "grant", "100", Alice);
        await StepAsync("lease", "revoke", "1234", Alice);
        await StepAsync("lease", "timetolive", "1234", "--keys", Alice);
    }

    private async Task ManageAsync()
    {
        await StepAsync("user", "delete", "root", Root);
        await StepAsync("user", "revoke-role", "root", "root", Root);
        await StepAsync("role", "delete", "root", Root);
        await StepAsync("user", "add", "eve:evepw", Alice);
        await StepAsync("user", "revoke-role", "alice", "app", Root);
        await StepAsync("user", "revoke-role", "alice", "app", Root);
        await StepAsync("get", "app/1", Alice);
        await StepAsync("user", "grant-role", "alice", "app", Root);
        await StepAsync("role", "revoke-permission", "app", "shared", Root);
        await StepAsync("role", "revoke-permission", "app", "shared", Root);
        await StepAsync("get", "shared", Alice);
        await StepWithInputAsync("newpw", "user", "passwd", "alice", "--interactive=false", Root);
        await StepAsync("get", "app/1", Alice);
        await StepAsync("get", "app/1", "--user=alice:newpw");
        await StepAsync("role", "delete", "app", Root);
        await StepAsync("get", "app/1", "--user=alice:newpw");
        await StepAsync("user", "delete", "alice", Root);
        await StepAsync("get", "app/1", "--user=alice:newpw");
    }

    private Task StepAsync(params string[] words) => StepWithInputAsync("", words);

    private async Task StepWithInputAsync(string input, params string[] words)
    {
        var result = await ChildProcess.RunAsync(program, ["--endpoints", endpoint, .. words], input, environment: ApiVersion3);
        var errors = string.Join('\n', result.Errors.Split('\n').Where(line => !line.StartsWith('{')));
        _transcript.Add($"{string.Join(' ', words)}\nexit {result.ExitCode}\n{Anonymous(result.Output + errors)}");
    }

    private static string Anonymous(string text) => Id().Replace(Term().Replace(text, "<term>"), "<id>");

    [GeneratedRegex(@"\b(\d{15,20}|[0-9a-f]{13,16})\b")]
    private static partial Regex Id();

    // Elections before the first command are chance.
    [GeneratedRegex(@"(?<=(""raft_term"":|""RaftTerm"" : ))\d+")]
    private static partial Regex Term();
}
