using KvStore.Ctl.Tests.Support;
using KvStore.Testing.Processes;

namespace KvStore.Ctl.Tests.Process;

public sealed class TerminalTests(OneMember member) : IClassFixture<OneMember>
{
    /// <summary>Method: two seconds of load, once with a terminal of its own and once with its output in pipes.</summary>
    [Fact]
    public async Task Progress_IsShownOnATerminal_AndNowhereElse()
    {
        string[] words = ["--endpoints", member.Endpoint, "bench", "put", "--duration", "2s", "--warm-up", "0s"];
        var terminal = await ChildProcess.RunAsync("script", ["-qefc", $"{Checkout.Ctl} {string.Join(' ', words)}", "/dev/null"]);
        Assert.Equal(0, terminal.ExitCode);
        // What returns to the line's begin is the end of a line to who reads it here.
        Assert.Matches("\u001b\\[K[0-9,]+ done, [0-9,]+/s", terminal.Output);
        var pipes = await ChildProcess.RunAsync(Checkout.Ctl, words);
        Assert.Equal((0, ""), (pipes.ExitCode, pipes.Errors));
        Assert.DoesNotContain("\u001b", pipes.Output, StringComparison.Ordinal);
    }
}
