using System.Globalization;
using KvStore.Ctl.Arguments;
using KvStore.Ctl.Output;
using KvStore.Grpc;
using KvStore.Load.Loops;
using KvStore.Load.Measures;

namespace KvStore.Ctl.Commands.Checks;

/// <summary>`check`: loads a cluster with puts of its own and judges what it sees; leaves no keys behind.</summary>
internal static class CheckCommands
{
    private const double Megabyte = 1024 * 1024;

    public static Command Group { get; } = new()
    {
        Name = "check",
        Use = "check <subcommand>",
        Summary = "commands for checking properties of the etcd cluster",
        Children =
        [
            new Command
            {
                Name = "datascale",
                Use = "datascale [options]",
                Summary = "Check the memory usage of holding data for different workloads on a given server endpoint.",
                Flags = Flags("The datascale check's workload model. Accepted workloads: s(small), m(medium), l(large), xl(xLarge)", "/etcdctl-check-datascale/", "datascale"),
                Run = call => DatascaleAsync(call, DatascaleLoad.Named(call.Flags.Text("load")) ?? throw UnknownLoad(call)),
            },
            new Command
            {
                Name = "perf",
                Use = "perf [options]",
                Summary = "Check the performance of the etcd cluster",
                Flags = Flags("The performance check's workload model. Accepted workloads: s(small), m(medium), l(large), xl(xLarge)", "/etcdctl-check-perf/", "performance"),
                Run = call => PerfAsync(call, PerfLoad.Named(call.Flags.Text("load")) ?? throw UnknownLoad(call)),
            },
        ],
    };

    internal static async Task PerfAsync(Invocation call, PerfLoad load)
    {
        const int KeyBytes = 256;
        const int ValueBytes = 1024;
        var keys = new CheckKeys(GoText.ToBytes(call.Flags.Text("prefix")), KeyBytes, ValueBytes);
        using var cluster = new CheckedCluster(call, load.Clients);
        await cluster.MustBeEmptyAsync(keys, $"'kvctl del --prefix {call.Flags.Text("prefix")}'").ConfigureAwait(false);
        var puts = new CheckPuts(cluster.Clients, keys);
        var run = new LoadRun(puts, puts.Plan(call.Outside.Time) with { RatePerSecond = load.PutsPerSecond, Pace = Pace.SharedTurns, Duration = load.Duration });
        var expected = (long)(load.PutsPerSecond * load.Duration.TotalSeconds);
        LoadResult found;
        try
        {
            found = await call.Progress.WhileAsync(run.RunAsync(call.Stopping), () => ProgressLine.Bar(run.Tally.Total, expected)).ConfigureAwait(false);
            call.Stopping.ThrowIfCancellationRequested();
        }
        finally
        {
            await CleanUpAsync(call, cluster, keys).ConfigureAwait(false);
        }

        if (call.Flags.Boolean("auto-defrag"))
            await cluster.DefragmentAsync().ConfigureAwait(false);
        var (lines, passed) = PerfVerdict.Of(found, load.PutsPerSecond);
        call.Output.Write(string.Concat(lines.Select(line => line + "\n")));
        if (!passed)
            throw new CtlException(ExitCode.Error, "");
    }

    internal static async Task DatascaleAsync(Invocation call, DatascaleLoad load)
    {
        var keys = new CheckKeys(GoText.ToBytes(call.Flags.Text("prefix")), DatascaleLoad.PairBytes / 2, DatascaleLoad.PairBytes / 2);
        using var cluster = new CheckedCluster(call, load.Clients);
        await cluster.MustBeEmptyAsync(keys, $"kvctl del --prefix {call.Flags.Text("prefix")}").ConfigureAwait(false);
        var before = await MemoryAsync(call, cluster, "before").ConfigureAwait(false);
        call.Output.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"Start data scale check for work load [{load.Pairs} key-value pairs, {DatascaleLoad.PairBytes} bytes per key-value, {load.Clients} concurrent clients].\n"));
        var puts = new CheckPuts(cluster.Clients, keys);
        var run = new LoadRun(puts, puts.Plan(call.Outside.Time) with { Total = load.Pairs });
        LoadResult found;
        double after;
        try
        {
            found = await call.Progress.WhileAsync(run.RunAsync(call.Stopping), () => ProgressLine.Bar(run.Tally.Total, load.Pairs)).ConfigureAwait(false);
            call.Stopping.ThrowIfCancellationRequested();
            after = await MemoryAsync(call, cluster, "after").ConfigureAwait(false);
        }
        finally
        {
            await CleanUpAsync(call, cluster, keys).ConfigureAwait(false);
        }

        if (call.Flags.Boolean("auto-defrag"))
            await cluster.DefragmentAsync().ConfigureAwait(false);
        if (found.Failures.Count > 0)
        {
            call.Output.Write(string.Concat(PerfVerdict.ErrorsOf(found).Select(line => line + "\n")));
            throw new CtlException(ExitCode.Error, "");
        }

        call.Output.Write(string.Create(CultureInfo.InvariantCulture, $"PASS: Approximate system memory used : {(after - before) / Megabyte:F2} MB.\n"));
    }

    private static async Task<double> MemoryAsync(Invocation call, CheckedCluster cluster, string when)
    {
        if (await cluster.ResidentBytesAsync().ConfigureAwait(false) is > 0 and var bytes)
            return bytes;
        call.Output.Write($"FAIL: Could not read process_resident_memory_bytes {when} the put operations.\n");
        throw new CtlException(ExitCode.Error, "");
    }

    /// <summary>Whatever became of the run, its keys go. That they could not is said, and the verdict stands.</summary>
    private static async Task CleanUpAsync(Invocation call, CheckedCluster cluster, CheckKeys keys)
    {
        try
        {
            var revision = await cluster.DeleteAsync(keys).ConfigureAwait(false);
            if (call.Flags.Boolean("auto-compact") && !call.Stopping.IsCancellationRequested)
                await cluster.CompactAsync(revision).ConfigureAwait(false);
        }
        catch (GrpcException failed)
        {
            call.Output.Write($"FAIL: Cleanup failed during key deletion: ERROR({ErrorText.Of(failed)})\n");
        }
    }

    private static IReadOnlyList<Flag> Flags(string loads, string prefix, string check) =>
    [
        Flag.Boolean("auto-compact", "Compact storage with last revision after test is finished."),
        Flag.Boolean("auto-defrag", "Defragment storage after test is finished."),
        Flag.Text("load", "s", loads),
        Flag.Text("prefix", prefix, $"The prefix for writing the {check} check's keys."),
    ];

    private static CtlException UnknownLoad(Invocation call) => new(ExitCode.BadFeature, $"unknown load option {call.Flags.Text("load")}");
}
