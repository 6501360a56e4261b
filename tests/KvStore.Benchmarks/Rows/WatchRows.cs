using Google.Protobuf;
using KvStore.Benchmarks.Load;
using KvStore.Benchmarks.Measures;
using KvStore.Load.Loops;
using KvStore.Load.Watching;
using KvStore.Load.Workloads;
using KvStore.Protocol.Etcd;

namespace KvStore.Benchmarks.Rows;

/// <summary>Events: how many, how late, and what watchers cost others.</summary>
internal static class WatchRows
{
    private static readonly KeySpace Hot = new() { Prefix = "hot/", Count = 100 };

    public static IEnumerable<Row> All() =>
    [
        new Row("events to 1,000 watchers of one prefix on 100 streams", Unit.PerSecond, FanOutAsync)
        {
            Targets = [Target.AtLeast(Aspect.Ratio, 2), Target.AtMost(Aspect.P99Ratio, 0.5)],
            Note = "one client writes; percentiles from the write to the delivery",
        },
        new Row("one event to 10,000 watchers: 99th percentile of the delivery", Unit.Milliseconds, OneToManyAsync)
        {
            Targets = [Target.AtMost(Aspect.Ratio, 0.5)],
            Note = "10 events a second, 100 streams",
        },
        new Row("put with 1,000 watchers that never read: 99th percentile against the same without them", Unit.Times, StuckAsync)
        {
            // Held back for each of them, the events of the measured time alone would be a gigabyte.
            Targets = [Target.AtMost(Aspect.Figure, 1.1), Target.AtMost(Aspect.Growth, 64)],
            Note = "1,000 puts a second; the peak counts from when the watchers came, the growth of memory too",
        },
        new Row("watch beside ranges of 100 MB on one connection: 99th percentile of the delivery", Unit.Milliseconds, BesideLargeRangeAsync)
        {
            Targets = [Target.AtMost(Aspect.Figure, 100)],
            Note = "100 events a second",
        },
    ];

    private static async Task<Measurement> FanOutAsync(RowRun run)
    {
        var (result, cpu) = await ClusterLoad.WatchAsync(run, Hot, watchers: 1000, streams: 100, writers: 1, rate: null).ConfigureAwait(false);
        return ClusterLoad.Of(result.Events, result.Events.PerSecond, cpu, run) with { Failures = result.Missing };
    }

    private static async Task<Measurement> OneToManyAsync(RowRun run)
    {
        var (result, cpu) = await ClusterLoad.WatchAsync(run, Hot, watchers: 10_000, streams: 100, writers: 1, rate: 10).ConfigureAwait(false);
        return ClusterLoad.Of(result.Events, result.Events.Latency.Micros(99) / 1000, cpu, run) with { Failures = result.Missing };
    }

    private static async Task<Measurement> StuckAsync(RowRun run)
    {
        const double Rate = 1000;
        // Long enough for its 99th percentile to be of more than a few dozen puts.
        run = run with { Options = run.Options with { Duration = 2 * run.Options.Duration } };
        var (alone, _) = await ClusterLoad.WatchAsync(run, Hot, watchers: 1, streams: 1, writers: 20, Rate).ConfigureAwait(false);
        var growth = new GrowthMeter(run.Cluster);
        var (burdened, cpu) = await ClusterLoad.WatchAsync(run, Hot, watchers: 1, streams: 1, writers: 20, Rate, stuck: 1000).ConfigureAwait(false);
        var times = burdened.Puts.Latency.Micros(99) / Math.Max(1, alone.Puts.Latency.Micros(99));
        return ClusterLoad.Of(burdened.Puts, times, cpu, run) with { GrowthMegabytes = growth.Megabytes() };
    }

    private static async Task<Measurement> BesideLargeRangeAsync(RowRun run)
    {
        await run.Cluster.FillAsync(new KeySpace { Prefix = "large/", Count = 100, ValueBytes = 1024 * 1024 }).ConfigureAwait(false);
        using var shared = new Channels(run.Cluster, connections: 1, members: 1);
        using var writing = new Channels(run.Cluster, connections: 1, members: 1);
        using var ending = new CancellationTokenSource();
        var range = new RangeRequest { Key = ByteString.CopyFromUtf8("large/"), RangeEnd = ByteString.CopyFromUtf8("large0") };
        var reading = new LoadRun(new ListWorkload("list", range, ClusterLoad.Options), new LoadPlan { Channels = shared.All, Clients = 1, Duration = TimeSpan.FromHours(1) })
            .RunAsync(ending.Token);
        var plan = new WatchPlan { Channels = shared.All, Watchers = 1, Streams = 1, Prefix = Hot.Prefix };
        var result = await new WatchRun(plan, ClusterLoad.Plan(run, writing, 1, rate: 100), Hot, ClusterLoad.Options).RunAsync(CancellationToken.None).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
        var ranges = await reading.ConfigureAwait(false);
        return ClusterLoad.Of(result.Events, result.Events.Latency.Micros(99) / 1000, cpuMicros: null, run) with { Failures = result.Missing + ranges.Failures.Values.Sum() };
    }
}
