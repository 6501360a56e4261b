using KvStore.Testing;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Ctl;

/// <summary>One script by etcdctl and by kvctl, against etcd and against this server: all four must end with the same codes and print the same bytes, on both outputs.</summary>
internal static class CtlComparison
{
    /// <param name="script">What the tools are asked.</param>
    /// <param name="known">Where another answer is wanted than that of 3.5.</param>
    /// <param name="starts">Which lines start kvctl where it is compared at etcd; at this server those that must.</param>
    /// <param name="runAsync">Runs a script with a tool against a server, in a folder of its own.</param>
    /// <returns>What kvctl printed at this server.</returns>
    public static async Task<IReadOnlyList<ScriptStep>> RunAsync(IReadOnlyList<ScriptLine> script, IReadOnlyList<KnownDifference> known, ToolStart starts, RunScript runAsync)
    {
        // What no server is asked for need not be asked twice.
        var served = script.Where(line => !line.NeedsNoServer).ToList();
        using var folder = new TestFolder();
        var runs = await Task.WhenAll(
            RunAsync(script, Checkout.Etcdctl, ToolStart.Always, Checkout.Etcd, "1"),
            RunAsync(served, Checkout.Etcdctl, ToolStart.Always, Checkout.Server, "2"),
            RunAsync(script, Checkout.QuickCtl, starts, Checkout.Etcd, "3"),
            RunAsync(served, Checkout.QuickCtl, ToolStart.WhereNeeded, Checkout.Server, "4")).ConfigureAwait(false);
        var ofServed = runs[0].Where(step => !step.NeedsNoServer).ToList();
        var differences = ScriptStep.Differences(ofServed, runs[1], known, "etcdctl at this server", isOurTool: false, isOurServer: true)
            .Concat(ScriptStep.Differences(runs[0], runs[2], known, "kvctl at etcd", isOurTool: true, isOurServer: false))
            .Concat(ScriptStep.Differences(ofServed, runs[3], known, "kvctl at this server", isOurTool: true, isOurServer: true)).ToList();
        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
        return runs[3];

        Task<IReadOnlyList<ScriptStep>> RunAsync(IReadOnlyList<ScriptLine> lines, string tool, ToolStart started, string server, string name)
        {
            var own = Directory.CreateDirectory(folder.Combine(name)).FullName;
            // Named as the other one: names that it prints are compared, too.
            var program = Path.Combine(own, "etcdctl");
            File.CreateSymbolicLink(program, tool);
            return runAsync(lines, new ScriptTool(program, started), server, own);
        }
    }

    /// <summary>Holds the commands and flags that were done, and not refused, against the file of them.</summary>
    public static void Hold(IReadOnlyList<ScriptStep> steps, string file, string test)
    {
        var tried = new Witness();
        foreach (var step in steps.Where(step => step.IsDone))
            TriedCommands.AddTo(tried, step.Title.Split(' '));
        tried.Hold("tests/KvStore.Interop.Tests/Ctl/testdata/" + file, test);
    }

    public delegate Task<IReadOnlyList<ScriptStep>> RunScript(IReadOnlyList<ScriptLine> script, ScriptTool tool, string server, string folder);
}
