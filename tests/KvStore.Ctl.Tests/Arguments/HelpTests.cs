using System.Text.RegularExpressions;
using KvStore.Ctl.Tests.Support;
using KvStore.Testing.Processes;

namespace KvStore.Ctl.Tests.Arguments;

/// <summary>The text of help is this program's own; what it names is all that etcdctl's names.</summary>
public sealed partial class HelpTests
{
    /// <summary>A comparison that lost its commands would be green (C18).</summary>
    private const int CommandsMin = 50;

    [Fact]
    public async Task EveryCommandOfEtcdctl_AndEachOfItsFlags_IsInTheHelp()
    {
        var theirs = CommandsIn((await ChildProcess.RunAsync(Checkout.Etcdctl, ["help"])).Output);
        Assert.True(theirs.Count >= CommandsMin, $"{theirs.Count} commands");
        Assert.Empty(theirs.Except(CommandsIn(await HelpAsync("help"))));
        foreach (var command in theirs)
        {
            string[] words = ["help", .. command.Split(' ')];
            var (their, our) = ((await ChildProcess.RunAsync(Checkout.Etcdctl, words)).Output, await HelpAsync(words));
            Assert.StartsWith($"NAME:\n\t{command} - ", our, StringComparison.Ordinal);
            Assert.Contains("--help", OptionsIn(their));
            Assert.Empty(OptionsIn(their).Except(OptionsIn(our)).Select(flag => $"{command} {flag}"));
        }
    }

    [Theory]
    [InlineData("member add")]
    [InlineData("member")]
    [InlineData("get")]
    [InlineData("")]
    public async Task Help_OfACommand_IsWhatItsFlagShows(string command)
    {
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(await HelpAsync([.. words, "--help"]), await HelpAsync(["help", .. words]));
    }

    [Fact]
    public async Task Help_OfWhatIsNoCommand_ShowsTheWholeAndSaysSo()
    {
        var run = new CtlRun();
        Assert.Equal((0, "Unknown help topic [`nope` `x`]\n"), (await run.RunAsync("help", "nope", "x"), run.Errors));
        Assert.Equal(await HelpAsync("help"), run.Output);
    }

    private static async Task<string> HelpAsync(params string[] words)
    {
        var run = new CtlRun();
        Assert.Equal((0, ""), (await run.RunAsync(words), run.Errors));
        return run.Output;
    }

    private static List<string> CommandsIn(string help) => Names(Section(help, "COMMANDS"), CommandName());

    private static List<string> OptionsIn(string help) => Names(Section(help, "OPTIONS"), FlagName());

    private static List<string> Names(string section, Regex name) => [.. name.Matches(section).Select(match => match.Value)];

    /// <summary>From its title to the empty line behind it.</summary>
    private static string Section(string help, string title) => Regex.Match(help, $@"(?s)(?<=\n{title}:\n).*?\n(?=\n)").Value;

    [GeneratedRegex(@"(?m)(?<=^\t)[a-z- ]+(?=\t)")]
    private static partial Regex CommandName();

    [GeneratedRegex(@"(?m)(?<=^ .*)--[a-z-]+(?=\[?=)")]
    private static partial Regex FlagName();
}
