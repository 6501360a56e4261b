using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Ctl;

/// <summary>
/// Acceptance: what the script of one member leaves out, against three members over mutual TLS: `--cluster`, several endpoints, members
/// that come and go, leaders that move, the flags of TLS. Left out besides: which member answers where several may.
/// </summary>
public sealed class ClusterComparisonTests
{
    /// <summary>A comparison that lost its lines would be green (C18).</summary>
    private const int LinesMin = 80;

    [Fact]
    public async Task ScriptOfACluster_ByBothToolsAgainstBothServers_PrintsTheSame()
    {
        var script = ScriptLine.ReadAll("cluster.txt");
        Assert.True(script.Count >= LinesMin, $"{script.Count} lines");
        var known = KnownDifference.ReadAll("cluster-differences.txt");
        using var certificates = new TestFolder();
        await MakeCertificatesAsync(certificates.Path, "m1", "m2", "m3", "m4");
        await MakeCertificatesAsync(certificates.Combine("other"));
        var ours = await CtlComparison.RunAsync(script, known, ToolStart.WhereNeeded, (lines, tool, server, folder) => RunAsync(lines, tool, server, folder, certificates.Path));
        Assert.Equal([], known.Where(difference => difference.Uses == 0).Select(difference => difference.Reason));
        CtlComparison.Hold(ours, "witnessed-cluster-commands.txt", $"{nameof(ClusterComparisonTests)}.{nameof(ScriptOfACluster_ByBothToolsAgainstBothServers_PrintsTheSame)}");
    }

    private static async Task<IReadOnlyList<ScriptStep>> RunAsync(IReadOnlyList<ScriptLine> script, ScriptTool tool, string program, string folder, string certificates)
    {
        foreach (var name in new[] { "ca.crt", "client.crt", "client.key" })
        {
            File.Copy(Path.Combine(certificates, name), Path.Combine(folder, name));
            File.Copy(Path.Combine(certificates, "other", name), Path.Combine(folder, "other-" + name));
        }

        using var cluster = new ScriptCluster(program, folder, certificates);
        await cluster.StartAsync();
        return await new ScriptRun(tool, cluster.Names["e1"], folder, cluster).RunAsync(script);
    }

    private static async Task MakeCertificatesAsync(string folder, params string[] members)
    {
        string[][] made = [["ca"], ["client", "client"], .. members.Select(name => new[] { "member", name, "127.0.0.1,localhost" })];
        foreach (var words in made)
            await TestCertificates.MakeAsync(folder, words);
    }
}
