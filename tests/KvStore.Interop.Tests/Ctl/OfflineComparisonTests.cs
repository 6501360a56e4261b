using System.Globalization;
using System.Text;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Ctl;

/// <summary>Acceptance: scripts of etcdutl work with kvctl under that name, and kvctl does to our data directories what etcdutl does to etcd's.</summary>
public sealed class OfflineComparisonTests
{
    /// <summary>A comparison that lost its lines would be green (C18).</summary>
    private const int LinesMin = 40;

    private static string Etcdutl => Path.Combine(Path.GetDirectoryName(Checkout.Etcdctl)!, "etcdutl");

    [Fact]
    public async Task Script_ByEtcdutlAndByKvctl_PrintsTheSame()
    {
        var script = ScriptLine.ReadAll("offline.txt");
        Assert.True(script.Count >= LinesMin, $"{script.Count} lines");
        using var folder = new TestFolder();
        await SaveAsync(Checkout.Etcd, folder.Combine("good.db"), folder.Combine("etcd"));
        await SaveAsync(Checkout.Server, folder.Combine("ours.db"), folder.Combine("server"));
        var runs = await Task.WhenAll(RunAsync(script, Etcdutl, folder, "theirs"), RunAsync(script, Checkout.Ctl, folder, "ours"));

        var known = KnownDifference.ReadAll("offline-differences.txt");
        var differences = ScriptStep.Differences(runs[0], runs[1], known, "kvctl", isOurTool: true, isOurServer: false).ToList();
        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
        Assert.Equal([], known.Where(difference => difference.Uses == 0).Select(difference => difference.Reason));
    }

    /// <summary>
    /// A member's directory while it runs: refused, and unharmed. Then stopped: the hash is what the member answered, also after
    /// defrag, which makes it smaller; the member goes on from it (C10, D12).
    /// </summary>
    [Fact]
    public async Task DataDirectory_OfAMember_IsReadAndRewrittenOnlyWhileItIsStopped()
    {
        using var folder = new TestFolder();
        var data = folder.Combine("data");
        using var server = ServerProcess.OneMember(Checkout.Server, data);
        server.Start();
        await server.UntilReadyAsync();
        var large = new string('x', 200_000);
        for (var i = 0; i < 20; i++)
            Assert.Equal("OK\n", (await AskAsync(server, large, "put", "large")).Output);
        Assert.Equal("OK\n", (await AskAsync(server, "", "put", "kept", "value")).Output);
        Assert.Equal("compacted revision 22\n", (await AskAsync(server, "", "compaction", "22", "--physical")).Output);
        var hash = (await AskAsync(server, "", "endpoint", "hashkv")).Output.TrimEnd().Split(", ");

        string[][] commands = [["defrag", "--data-dir", data], ["hashkv", "--data-dir", data], ["migrate", "--data-dir", data, "--target-version", "3.7"]];
        foreach (var command in commands)
        {
            var refused = await RunAsync([.. command, "--timeout", "50ms"]);
            Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
            Assert.Contains($"another process holds the lock {data}/member/wal/", refused.Errors, StringComparison.Ordinal);
        }

        await server.TerminateAsync();
        var expected = new ProcessResult(0, string.Create(CultureInfo.InvariantCulture, $"{hash[1]}, 22, 22\n"), "");
        Assert.Equal(expected, await RunAsync("hashkv", "--data-dir", data));
        var defragmented = await RunAsync("defrag", "--data-dir", data);
        Assert.Equal((0, ""), (defragmented.ExitCode, defragmented.Output));
        Assert.StartsWith($"defragmented {data}: ", defragmented.Errors, StringComparison.Ordinal);
        Assert.Equal(["db-1", "stores"], Directory.EnumerateFileSystemEntries(Path.Combine(data, "member/snap")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(expected, await RunAsync("hashkv", "--data-dir", data));
        Assert.Equal(new ProcessResult(1, "", "Error: mvcc: required revision has been compacted\n"), await RunAsync("hashkv", "--data-dir", data, "--rev", "3"));
        Assert.Equal(new ProcessResult(0, "", "storage version up-to-date: 3.7\n"), await RunAsync("migrate", "--data-dir", data, "--target-version", "3.7"));

        server.Start();
        await server.UntilReadyAsync();
        Assert.Equal("kept\nvalue\n", (await AskAsync(server, "", "get", "kept")).Output);
        Assert.Equal(hash, (await AskAsync(server, "", "endpoint", "hashkv")).Output.TrimEnd().Split(", "));
    }

    [Theory]
    [InlineData(128, "wrong target version format, expected \"X.Y\", got \"3\"", "migrate", "--data-dir", "none", "--target-version", "3")]
    [InlineData(128, "failed to parse target version: strconv.ParseInt: parsing \"x\": invalid syntax", "migrate", "--data-dir", "none", "--target-version", "3.x")]
    [InlineData(128, "target version \"3.4\" not supported. Minimal \"3.5\"", "migrate", "--data-dir", "none", "--target-version", "3.4")]
    [InlineData(1, "stat {0}/none/member/snap/stores: no such file or directory", "migrate", "--data-dir", "{0}/none", "--target-version", "3.6", "--force")]
    [InlineData(1, "Failed to defragment etcd data[{0}/none] (stat {0}/none/member/snap/stores: no such file or directory)", "defrag", "--data-dir", "{0}/none")]
    [InlineData(1, "stat {0}/none/member/snap/stores: no such file or directory", "hashkv", "--data-dir", "{0}/none")]
    [InlineData(1, "stat {0}/none: no such file or directory", "hashkv", "{0}/none")]
    public async Task OfflineCommand_Refused_SaysWhyAndMakesNothing(int code, string error, params string[] words)
    {
        using var folder = new TestFolder();
        var result = await RunAsync([.. words.Select(word => word.Replace("{0}", folder.Path, StringComparison.Ordinal))]);
        Assert.Equal(new ProcessResult(code, "", $"Error: {error.Replace("{0}", folder.Path, StringComparison.Ordinal)}\n"), result);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    /// <summary>A version that is not the storage's: the way there is named, with and without --force, and nothing is changed.</summary>
    [Fact]
    public async Task Migrate_ToAnotherVersion_NamesTheWay()
    {
        using var folder = new TestFolder();
        await SaveAsync(Checkout.Server, folder.Combine("file"), folder.Combine("server"));
        var data = folder.Combine("data");
        Assert.Equal(0, (await RunAsync("snapshot", "restore", folder.Combine("file"), "--data-dir", data)).ExitCode);
        foreach (var force in new[] { "--force=false", "--force" })
        {
            var result = await RunAsync("migrate", "--data-dir", data, "--target-version", "3.6", force);
            Assert.Equal((1, ""), (result.ExitCode, result.Output));
            Assert.StartsWith("Error: cannot migrate to storage version \"3.6\": ", result.Errors, StringComparison.Ordinal);
            Assert.Contains("kvctl snapshot save", result.Errors, StringComparison.Ordinal);
        }
    }

    private static async Task SaveAsync(string program, string file, string data)
    {
        using var server = ServerProcess.OneMember(program, data);
        server.Start();
        await server.UntilReadyAsync();
        for (var i = 0; i < 5; i++)
            await AskAsync(server, "", "put", string.Create(CultureInfo.InvariantCulture, $"key{i}"), "value");
        Assert.Equal(0, (await AskAsync(server, "", "snapshot", "save", file)).ExitCode);
    }

    private static async Task<IReadOnlyList<ScriptStep>> RunAsync(IReadOnlyList<ScriptLine> script, string tool, TestFolder files, string name)
    {
        var folder = files.Combine(name);
        Directory.CreateDirectory(Path.Combine(folder, "full/member"));
        var good = await File.ReadAllBytesAsync(files.Combine("good.db"));
        await File.WriteAllBytesAsync(Path.Combine(folder, "good.db"), good);
        await File.WriteAllBytesAsync(Path.Combine(folder, "bare.db"), good[..^32]);
        good[^1] ^= 1;
        await File.WriteAllBytesAsync(Path.Combine(folder, "damaged.db"), good);
        await File.WriteAllBytesAsync(Path.Combine(folder, "text"), Encoding.ASCII.GetBytes("no snapshot"));
        File.Copy(files.Combine("ours.db"), Path.Combine(folder, "ours.db"));
        var link = Path.Combine(folder, "etcdutl");
        File.CreateSymbolicLink(link, tool);
        return await new ScriptRun(new ScriptTool(link, ToolStart.Always), endpoint: "", folder).RunAsync(script);
    }

    private static Task<ProcessResult> AskAsync(ServerProcess server, string input, params string[] words) =>
        ChildProcess.RunAsync(Checkout.Etcdctl, ["--endpoints", server.Endpoint, .. words], input);

    private static Task<ProcessResult> RunAsync(params string[] words) => ChildProcess.RunAsync(Checkout.Ctl, words);
}
