using System.Text.RegularExpressions;
using KvStore.Server.Configuration;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Configuration;

/// <summary>What manifests written for etcd 3.5 and 3.6 pass is understood, with one line that says what it became.</summary>
public sealed partial class OldNamesTests
{
    [Fact]
    public void ExperimentalFlag_IsTheFlagItBecame()
    {
        var settings = Join(["--experimental-watch-progress-notify-interval=5s"]);
        Assert.Equal(TimeSpan.FromSeconds(5), settings.Duration("watch-progress-notify-interval"));
        Assert.Equal(["--experimental-watch-progress-notify-interval is deprecated: use --watch-progress-notify-interval"], settings.Warnings);
    }

    [Fact]
    public void ExperimentalVariable_IsTheFlagItBecame() =>
        Assert.Equal(7, Join([], ("ETCD_EXPERIMENTAL_MAX_LEARNERS", "7")).Int("max-learners"));

    [Fact]
    public void ExperimentalSwitch_IsTheGateItBecame()
    {
        var settings = Join(["--experimental-initial-corrupt-check"]);
        Assert.True(settings.Gates.IsEnabled("InitialCorruptCheck"));
        Assert.Contains("--experimental-initial-corrupt-check is deprecated: use --feature-gates=InitialCorruptCheck=true", settings.Warnings);
    }

    [Fact]
    public void OldAndNewNameAtOnce_IsRefusedInEtcdsWords()
    {
        Assert.Equal(
            "cannot set --experimental-max-learners and --max-learners at the same time, please use --max-learners only",
            Assert.Throws<ConfigurationException>(() => Join(["--experimental-max-learners=1", "--max-learners=1"])).Message);
        Assert.StartsWith(
            "cannot specify both flags: --experimental-initial-corrupt-check=true and --feature-gates=InitialCorruptCheck=false at the same time",
            Assert.Throws<ConfigurationException>(() => Join(["--experimental-initial-corrupt-check", "--feature-gates=InitialCorruptCheck=false"])).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A=true", "unrecognized feature gate: A")]
    [InlineData("LeaseCheckpoint", "missing bool value for LeaseCheckpoint")]
    [InlineData("LeaseCheckpoint=x", "invalid value of LeaseCheckpoint=x, err: parse error")]
    public void WrongGate_IsRefusedInEtcdsWords(string text, string reason)
    {
        var exception = Assert.Throws<ConfigurationException>(() => Join(["--feature-gates=" + text]));
        Assert.Equal($"invalid value \"{text}\" for flag -feature-gates: {reason}", exception.Message);
        Assert.Equal(2, exception.ExitCode);
    }

    [Fact]
    public void AllAlpha_SetsTheAlphaGatesThatAreNotNamed()
    {
        var gates = Join(["--feature-gates=LeaseCheckpoint=false,AllAlpha=true"]).Gates;
        Assert.False(gates.IsEnabled("LeaseCheckpoint"));
        Assert.True(gates.IsEnabled("PriorityRequest"));
        Assert.True(gates.IsEnabled("FastLeaseKeepAlive"));
    }

    [Fact]
    public async Task EveryFlagOfTheProgramBeside_IsKnown()
    {
        var help = await ChildProcess.RunAsync(Checkout.Etcd, ["--help"]);
        var names = FlagLine().Matches(help.Output + help.Errors).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        Assert.True(names.Count > 100, "the help text was read");
        Assert.DoesNotContain(names, name => FlagTable.Find(name) is null && !FlagTable.Legacy.Contains(name));
    }

    private static Settings Join(string[] arguments, params (string Name, string Value)[] environment) =>
        Settings.Join(CommandLine.Read(arguments), environment.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal));

    [GeneratedRegex(@"^\s+--([a-z0-9-]+)", RegexOptions.Multiline)]
    private static partial Regex FlagLine();
}
