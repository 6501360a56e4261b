using System.Text.RegularExpressions;
using KvStore.Ctl.Tests.Support;
using KvStore.Testing.Processes;

namespace KvStore.Ctl.Tests.Process;

/// <summary>Long work on a terminal of its own (util-linux `script`), which is typed into as a user does.</summary>
public sealed class TerminalTests(OneMember member) : IClassFixture<OneMember>
{
    /// <summary>What the terminal sends as SIGINT.</summary>
    private const char Interrupt = '\u0003';

    /// <summary>Before each word of progress; what returns to the line's begin is the end of a line to who reads it here.</summary>
    private const string Wiped = "\u001b\\[K";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Method: two seconds of load, once with a terminal of its own and once with its output in pipes.</summary>
    [Fact]
    public async Task Progress_IsShownOnATerminal_AndNowhereElse()
    {
        string[] words = ["--endpoints", member.Endpoint, "bench", "put", "--duration", "2s", "--warm-up", "0s"];
        using var terminal = Start(words);
        await terminal.WaitForExitAsync(Limit);
        Assert.Equal(0, terminal.ExitCode);
        Assert.Matches($"{Wiped}[0-9,]+ done, [0-9,]+/s", terminal.Output);
        var pipes = await ChildProcess.RunAsync(Checkout.Ctl, words);
        Assert.Equal((0, ""), (pipes.ExitCode, pipes.Errors));
        Assert.DoesNotContain("\u001b", pipes.Output, StringComparison.Ordinal);
    }

    /// <summary>Method: the member is stopped until the first word of progress is there.</summary>
    [Fact]
    public async Task SnapshotSave_OfAMemberThatIsSlow_ShowsTheBytesSoFar()
    {
        using var folder = new TestFolder();
        member.Server.Process.Signal(ChildProcess.SignalStop);
        try
        {
            using var terminal = Start("--endpoints", member.Endpoint, "snapshot", "save", folder.Combine("saved.db"));
            await UntilShownAsync(terminal, $"{Wiped}0 B");
            member.Server.Process.Signal(ChildProcess.SignalContinue);
            await terminal.WaitForExitAsync(Limit);
            Assert.Equal(0, terminal.ExitCode);
            Assert.Contains("Snapshot saved at " + folder.Combine("saved.db"), terminal.Output, StringComparison.Ordinal);
        }
        finally
        {
            member.Server.Process.Signal(ChildProcess.SignalContinue);
        }
    }

    [Fact]
    public async Task CheckPerf_ShowsHowMuchIsPut_AndCleansUpAtAnInterrupt()
    {
        using var terminal = Start("--endpoints", member.Endpoint, "check", "perf");
        await UntilShownAsync(terminal, $"{Wiped}[0-9]+ / 9000 \\[=*> +\\] [0-9]+ %");
        await InterruptAsync(terminal);
        Assert.Equal(130, terminal.ExitCode);
        Assert.Equal("", (await ChildProcess.RunAsync(Checkout.Ctl, ["--endpoints", member.Endpoint, "get", "--prefix", "/etcdctl-check-perf/"])).Output);
    }

    [Fact]
    public async Task MakeMirror_ShowsHowFarItIs()
    {
        string[] at = ["--endpoints", member.Endpoint];
        Assert.Equal(0, (await ChildProcess.RunAsync(Checkout.Ctl, [.. at, "put", "here/k", "v"])).ExitCode);
        using var terminal = Start([.. at, "make-mirror", member.Endpoint, "--prefix", "here/", "--dest-prefix", "there/", "--dest-insecure-transport"]);
        await UntilShownAsync(terminal, $"{Wiped}1 mirrored, source at revision [0-9]+");
        await InterruptAsync(terminal);
        Assert.Equal(130, terminal.ExitCode);
        Assert.Equal("there/k\nv\n", (await ChildProcess.RunAsync(Checkout.Ctl, [.. at, "get", "there/k"])).Output);
    }

    /// <summary>Method: what is restored is a pipe, and to open it takes until somebody opens its other end: here, when the first word of progress is there.</summary>
    [Fact]
    public async Task SnapshotRestore_ThatTakesLong_ShowsTheBytesRead()
    {
        using var folder = new TestFolder();
        var (pipe, made) = (folder.Combine("saved.db"), folder.Combine("restored"));
        Assert.Equal(0, (await ChildProcess.RunAsync("mkfifo", [pipe])).ExitCode);
        using var terminal = Start("snapshot", "restore", pipe, "--data-dir", made);
        await UntilShownAsync(terminal, $"{Wiped}0 B read");
        // Nothing is written: the command may have ended by then, and a write would meet a broken pipe. Nor is the pipe locked, or the command
        // might find it in use.
        await using (File.Open(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
        }

        await terminal.WaitForExitAsync(Limit);
        Assert.Equal(1, terminal.ExitCode);
        Assert.Contains($"Error: read {pipe}: not a regular file", terminal.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(made));
    }

    private static ChildProcess Start(params string[] words) =>
        ChildProcess.Start("script", ["-qefc", $"exec {Checkout.Ctl} {string.Join(' ', words)}", "/dev/null"]);

    private static async Task InterruptAsync(ChildProcess terminal)
    {
        await terminal.Input.WriteAsync(Interrupt);
        await terminal.Input.FlushAsync();
        await terminal.WaitForExitAsync(Limit);
    }

    private static async Task UntilShownAsync(ChildProcess terminal, string pattern)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!Regex.IsMatch(terminal.Output, pattern))
        {
            Assert.False(terminal.HasExited, terminal.Output + terminal.Errors);
            await poll.WaitForNextTickAsync(limit.Token);
        }
    }
}
