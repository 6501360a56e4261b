using System.Text.RegularExpressions;
using KvStore.Ctl.Arguments;
using KvStore.Ctl.Commands.Checks;
using KvStore.Ctl.Tests.Support;
using KvStore.Load.Loops;

namespace KvStore.Ctl.Tests.Checks;

/// <summary>`check` against a member, with loads that are over in a second. The verdict is the machine's: what it says must fit the exit.</summary>
public sealed partial class CheckCommandTests(OneMember member) : IClassFixture<OneMember>
{
    private const int ClientCount = 5;

    [Fact]
    public async Task Perf_SaysItsVerdict_AndLeavesNothingBehind()
    {
        var run = new CtlRun();
        var passed = await PassesAsync(run, call => CheckCommands.PerfAsync(call, new PerfLoad(100, ClientCount, TimeSpan.FromSeconds(1))), "check", "perf", "--auto-compact", "--auto-defrag");
        var lines = run.Output.Split('\n');
        Assert.Matches(@"^Compacting with revision \d+$", lines[0]);
        Assert.Matches(@"^Compacted with revision \d+$", lines[1]);
        Assert.Equal([$"Defragmenting \"{member.Endpoint}\"", $"Defragmented \"{member.Endpoint}\""], lines[2..4]);
        Assert.Matches(passed ? @"^PASS: Throughput is \d+ writes/s$" : @"^(PASS: Throughput is|FAIL: Throughput too low:) \d+ writes/s$", lines[4]);
        Assert.Equal([passed ? "PASS" : "FAIL", ""], lines[7..]);
        Assert.Equal("", run.Errors);
        Assert.Equal("0", await CountAsync("/etcdctl-check-perf/"));
        // Compacted at the revision of the delete: the one before is gone.
        var old = new CtlRun();
        Assert.Equal(1, await old.RunAsync("--endpoints", member.Endpoint, "get", "a", "--rev", "1"));
        Assert.Equal("Error: etcdserver: mvcc: required revision has been compacted\n", old.Errors);
    }

    [Fact]
    public async Task Perf_PutsAtItsRate_AndNotFaster()
    {
        using var cluster = new CheckedCluster(new CtlRun().Parse("--endpoints", member.Endpoint, "check", "perf"), ClientCount);
        var keys = new CheckKeys(GoText.ToBytes("rate/"), 256, 1024);
        var puts = new CheckPuts(cluster.Clients, keys);
        var run = new LoadRun(puts, puts.Plan(TimeProvider.System) with { RatePerSecond = 50, Pace = Pace.SharedTurns, Duration = TimeSpan.FromSeconds(1) });
        var found = await run.RunAsync(CancellationToken.None);
        // The first at once, then one each 20 ms: never more, whatever the machine does.
        Assert.InRange(found.Done, 1, 50);
        Assert.Empty(found.Failures);
        Assert.Equal(found.Done.ToString(System.Globalization.CultureInfo.InvariantCulture), await CountAsync("rate/"));
    }

    [Fact]
    public async Task Datascale_SaysWhatMemoryWasUsed_AndLeavesNothingBehind()
    {
        var run = new CtlRun();
        var passed = await PassesAsync(run, call => CheckCommands.DatascaleAsync(call, new DatascaleLoad(200, ClientCount)), "check", "datascale", "--auto-compact", "--auto-defrag");
        Assert.True(passed);
        var lines = run.Output.Split('\n');
        Assert.Equal("Start data scale check for work load [200 key-value pairs, 1024 bytes per key-value, 5 concurrent clients].", lines[0]);
        Assert.Matches(@"^Compacted with revision \d+$", lines[2]);
        Assert.Equal($"Defragmented \"{member.Endpoint}\"", lines[4]);
        Assert.Matches(Memory(), lines[5]);
        Assert.Equal("0", await CountAsync("/etcdctl-check-datascale/"));
    }

    [Theory]
    [InlineData("perf", "'kvctl del --prefix held/'")]
    [InlineData("datascale", "kvctl del --prefix held/")]
    public async Task Check_OfAPrefixWithKeys_IsRefusedAndTouchesNone(string check, string advice)
    {
        Assert.Equal(0, await new CtlRun().RunAsync("--endpoints", member.Endpoint, "put", "held/a", "b"));
        var run = new CtlRun();
        Assert.Equal(3, await run.RunAsync("--endpoints", member.Endpoint, "check", check, "--prefix", "held/"));
        Assert.Equal($"Error: prefix \"held/\" has keys. Delete with {advice} first\n", run.Errors);
        Assert.Equal("1", await CountAsync("held/"));
    }

    [Theory]
    [InlineData("perf")]
    [InlineData("datascale")]
    public async Task Check_WithAnUnknownLoad_IsRefused(string check)
    {
        var run = new CtlRun();
        Assert.Equal(4, await run.RunAsync("--endpoints", member.Endpoint, "check", check, "--load", "q"));
        Assert.Equal("Error: unknown load option q\n", run.Errors);
    }

    [Fact]
    public async Task Perf_StoppedByASignal_CleansUpAndGivesNoVerdict()
    {
        using var stopping = new CancellationTokenSource();
        var outside = new CtlRun();
        var call = new Invocation
        {
            Line = CommandLine.Parse(Ctl.Commands.CommandTree.Root, ["--endpoints", member.Endpoint, "check", "perf", "--prefix", "stopped/"]),
            Outside = outside.Outside,
            Stopping = stopping.Token,
        };
        using var watching = new Client.KvClient(member.Endpoint);
        await using var watch = await watching.Watch.StartAsync(Client.KeyRange.Prefix("stopped/"));
        var check = CheckCommands.PerfAsync(call, new PerfLoad(100, ClientCount, TimeSpan.FromMinutes(1)));
        await watch.ReadAsync(CancellationToken.None);
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check);
        Assert.Equal("", outside.Output);
        Assert.Equal("0", await CountAsync("stopped/"));
    }

    private async Task<bool> PassesAsync(CtlRun run, Func<Invocation, Task> check, params string[] words)
    {
        try
        {
            using var call = run.Parse(["--endpoints", member.Endpoint, .. words]);
            await check(call);
            return true;
        }
        catch (CtlException failed)
        {
            Assert.Equal((ExitCode.Error, ""), (failed.Code, failed.Message));
            return false;
        }
    }

    private async Task<string> CountAsync(string prefix)
    {
        var run = new CtlRun();
        Assert.Equal(0, await run.RunAsync("--endpoints", member.Endpoint, "get", prefix, "--prefix", "--count-only", "-w", "fields"));
        return run.Output.Split('\n').Single(line => line.StartsWith("\"Count\"", StringComparison.Ordinal)).Split(' ')[^1];
    }

    [GeneratedRegex(@"^PASS: Approximate system memory used : -?\d+\.\d\d MB\.$")]
    private static partial Regex Memory();
}
