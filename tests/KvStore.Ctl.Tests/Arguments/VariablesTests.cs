using System.Text.Json;
using KvStore.Ctl.Tests.Support;

namespace KvStore.Ctl.Tests.Arguments;

/// <summary>The environment: what it sets, and what it says that nobody knows.</summary>
public sealed class VariablesTests
{
    /// <summary>Nobody is asked: an empty list of endpoints ends the command after the environment has been read.</summary>
    private static readonly string[] AnyCommand = ["get", "a", "--endpoints", ""];

    [Fact]
    public async Task UnknownVariables_AreWarnedOf_EachWithALine()
    {
        var run = new CtlRun { Variables = { ["ETCDCTL_NOPE"] = "1\"", ["KVCTL_NOPE"] = "2", ["ETCDCTL_WRITE_OUT"] = "json", ["ETCDCTL_API"] = "3", ["ETCDCTL_WATCH_KEY"] = "k", ["OTHER"] = "x" } };
        Assert.Equal(2, await run.RunAsync(AnyCommand));
        var lines = run.Errors.Split('\n');
        Assert.Equal("ETCDCTL_NOPE=1\"", Warned(lines[0]));
        Assert.Equal("KVCTL_NOPE=2", Warned(lines[1]));
        Assert.Equal(["Error: etcdclient: no available endpoints", ""], lines[2..]);
    }

    [Theory]
    [InlineData("version")]
    [InlineData("options")]
    [InlineData("completion", "bash")]
    public async Task CommandWithoutACluster_WarnsOfNothingAndLooksNothingUp(params string[] words)
    {
        var run = new CtlRun { Variables = { ["ETCDCTL_NOPE"] = "1", ["ETCDCTL_DISCOVERY_SRV"] = "example.com" } };
        Assert.Equal((0, ""), (await run.RunAsync(words), run.Errors));
    }

    [Fact]
    public async Task Debug_ShowsEveryGlobalFlag_WithoutItsSecrets()
    {
        var run = new CtlRun { Variables = { ["ETCDCTL_DIAL_TIMEOUT"] = "7s", ["KVCTL_DIAL_TIMEOUT"] = "8s", ["KVCTL_PASSWORD"] = "secret" } };
        await run.RunAsync([.. AnyCommand, "--debug"]);
        var lines = run.Errors.Split('\n');
        Assert.Contains("KVCTL_DIAL_TIMEOUT=8s", lines);
        Assert.Contains("KVCTL_WRITE_OUT=simple", lines);
        Assert.Contains("KVCTL_PASSWORD=***", lines);
        Assert.DoesNotContain("secret", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_ListsEveryGlobalFlag()
    {
        var run = new CtlRun();
        Assert.Equal(0, await run.RunAsync("options"));
        var lines = run.Output.Split('\n');
        Assert.Equal("The following options can be passed to any command:", lines[0]);
        Assert.Equal(Ctl.Arguments.GlobalFlags.All.Select(flag => flag.Name), lines[2..^1].Select(line => line[8..].Split(' ')[0]));
        Assert.Contains("  -d, --discovery-srv string         domain name to query for SRV records describing cluster endpoints", lines);
        Assert.Contains("      --command-timeout duration     timeout for short running command (excluding dial timeout) (default 5s)", lines);
    }

    private static string? Warned(string line)
    {
        var warning = JsonDocument.Parse(line).RootElement;
        Assert.Equal(("warn", "unrecognized environment variable"), (warning.GetProperty("level").GetString(), warning.GetProperty("msg").GetString()));
        return warning.GetProperty("environment-variable").GetString();
    }
}
