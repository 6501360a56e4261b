using KvStore.Ctl.Commands;
using KvStore.Ctl.Completing;
using KvStore.Ctl.Tests.Support;
using KvStore.Testing.Processes;

namespace KvStore.Ctl.Tests.Completing;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("check|compaction|completion", "c")]
    [InlineData("check", "ch")]
    [InlineData("datascale|perf", "check", "")]
    [InlineData("--prefix|--prev-kv", "del", "a", "--pre")]
    [InlineData("--endpoints", "--endp")]
    [InlineData("json", "get", "-w", "j")]
    [InlineData("json", "get", "--write-out", "=", "j")]
    [InlineData("--write-out=json", "get", "--write-out=j")]
    [InlineData("s|m|l|xl", "check", "perf", "--load", "=")]
    [InlineData("list", "--endpoints", "127.0.0.1:1", "mem", "li")]
    [InlineData("", "watch", "k", "--", "")]
    public void Words_HaveTheseCandidates(string expected, params string[] words) =>
        Assert.Equal(expected, string.Join('|', Completer.Of(CommandTree.Root, words).Select(line => line.Split('\t')[0])));

    [Fact]
    public void EveryCommand_IsACandidateWhereItStands()
    {
        foreach (var (words, command) in Commands(CommandTree.Root, []))
            Assert.Contains($"{command.Name}\t{command.Summary}", Completer.Of(CommandTree.Root, [.. words, ""]));
    }

    /// <summary>Method: a bash that knows nothing else reads the script and is asked as the terminal asks it.</summary>
    [Theory]
    [InlineData("snapshot restore --da", "--data-dir")]
    [InlineData("make-m", "make-mirror")]
    [InlineData("get --order = D", "DESCEND")]
    public async Task Bash_WithTheScript_CompletesCommandAndFlag(string typed, string expected)
    {
        using var folder = new TestFolder();
        var script = folder.Combine("completion");
        await File.WriteAllTextAsync(script, (await ChildProcess.RunAsync(Checkout.Ctl, ["completion", "bash"])).Output);
        var words = string.Join(' ', typed.Split(' ').Prepend(Checkout.Ctl).Select(word => $"'{word}'"));
        var result = await ChildProcess.RunAsync("bash", ["--norc", "-euc",
            $"source '{script}'; complete -p kvctl; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _kvctl; printf '%s\\n' \"${{COMPREPLY[@]}}\""]);
        Assert.Equal(new ProcessResult(0, $"complete -o default -F _kvctl kvctl\n{expected}\n", ""), result);
    }

    [Fact]
    public async Task BashScript_HasNoSlipOfSyntax()
    {
        var run = new CtlRun();
        Assert.Equal(0, await run.RunAsync("completion", "bash"));
        Assert.Equal(new ProcessResult(0, "", ""), await ChildProcess.RunAsync("bash", ["-n"], run.Output));
    }

    [Theory]
    [InlineData("zsh", "compdef _kvctl kvctl")]
    [InlineData("fish", "complete -c kvctl -a '(__kvctl_complete)'")]
    [InlineData("powershell", "Register-ArgumentCompleter -Native -CommandName kvctl")]
    public async Task Script_OfAnotherShell_RegistersAndAsksTheProgram(string shell, string registers)
    {
        var (run, bare) = (new CtlRun(), new CtlRun());
        Assert.Equal((0, 0), (await run.RunAsync("completion", shell), await bare.RunAsync("completion", shell, "--no-descriptions")));
        Assert.Contains(registers, run.Output, StringComparison.Ordinal);
        Assert.Contains(" __complete ", run.Output, StringComparison.Ordinal);
        Assert.Contains(" __completeNoDesc ", bare.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asked_WithoutDescriptions_NamesOnly()
    {
        var run = new CtlRun();
        Assert.Equal(0, await run.RunAsync("__completeNoDesc", "check", "p"));
        Assert.Equal("perf\n", run.Output);
    }

    private static IEnumerable<(string[] Words, Ctl.Arguments.Command Command)> Commands(Ctl.Arguments.Command parent, string[] words) =>
        parent.Children.SelectMany(child => Commands(child, [.. words, child.Name]).Prepend((words, child)));
}
