using KvStore.Benchmarks.Measures;
using KvStore.Benchmarks.Rows;
using KvStore.Grpc.Client;
using KvStore.Load.Loops;
using KvStore.Load.Measures;
using KvStore.Load.Watching;
using KvStore.Load.Workloads;

namespace KvStore.Benchmarks.Load;

/// <summary>Loads of the shared generator on a measured cluster, with the servers' processor time while they are measured.</summary>
internal static class ClusterLoad
{
    public static CallOptions Options { get; } = new() { Repeat = RepeatRule.Never };

    /// <param name="run">The cluster and the times.</param>
    /// <param name="workload">Made when the plan is known.</param>
    /// <param name="clients">Callers.</param>
    /// <param name="connections">That they share.</param>
    /// <param name="rate">Calls a second, or null for a closed loop.</param>
    /// <param name="members">Over how many members the connections are spread, from the first.</param>
    public static async Task<(LoadResult Result, double CpuMicros)> RunAsync(
        RowRun run, Func<LoadPlan, IWorkload> workload, int clients, int connections, double? rate = null, int members = 1)
    {
        using var channels = new Channels(run.Cluster, connections, members);
        var cpu = new CpuMeter(run.Cluster);
        var plan = Plan(run, channels, clients, rate) with { OnMeasuring = cpu.Note };
        var result = await new LoadRun(workload(plan), plan).RunAsync(CancellationToken.None).ConfigureAwait(false);
        return (result, cpu.MicrosFor(result.Done));
    }

    /// <summary>The rate of a load.</summary>
    public static async Task<Measurement> RateAsync(
        RowRun run, Func<LoadPlan, IWorkload> workload, int clients, int connections, double? rate = null, int members = 1)
    {
        var (result, cpu) = await RunAsync(run, workload, clients, connections, rate, members).ConfigureAwait(false);
        return Of(result, result.PerSecond, cpu, run);
    }

    /// <summary>A percentile of a load's latency in milliseconds.</summary>
    public static async Task<Measurement> LatencyAsync(
        RowRun run, Func<LoadPlan, IWorkload> workload, double percent, int clients, int connections, double? rate = null)
    {
        var (result, cpu) = await RunAsync(run, workload, clients, connections, rate).ConfigureAwait(false);
        return Of(result, result.Latency.Micros(percent) / 1000, cpu, run);
    }

    /// <summary>Bytes of answers a second of a number of calls, one after the other, and by how much the servers grew from the first.</summary>
    public static async Task<Measurement> VolumeAsync(RowRun run, IWorkload workload, int calls)
    {
        using var channels = new Channels(run.Cluster, connections: 1, members: 1);
        var cpu = new CpuMeter(run.Cluster);
        var growth = new GrowthMeter(run.Cluster);
        var plan = new LoadPlan { Channels = channels.All, Clients = 1, Total = calls, OnMeasuring = cpu.Note };
        var result = await new LoadRun(workload, plan).RunAsync(CancellationToken.None).ConfigureAwait(false);
        return Of(result, result.BytesReceived / result.Seconds / 1e6, cpu.MicrosFor(result.Done), run) with { GrowthMegabytes = growth.Megabytes() };
    }

    public static Measurement Of(LoadResult result, double figure, double? cpuMicros, RowRun run) => new()
    {
        Figure = figure,
        MedianMicros = result.Latency.Micros(50),
        P99Micros = result.Latency.Micros(99),
        P999Micros = result.Latency.Micros(99.9),
        CpuMicros = cpuMicros,
        PeakMegabytes = run.Cluster.PeakMemoryMegabytes(),
        Failures = result.Failures.Values.Sum(),
    };

    public static LoadPlan Plan(RowRun run, Channels channels, int clients, double? rate) => new()
    {
        Channels = channels.All,
        Clients = clients,
        WarmUp = run.Options.WarmUp,
        Duration = run.Options.Duration,
        RatePerSecond = rate,
    };

    /// <summary>Watchers of everything that the writers write; the figures of the events.</summary>
    public static async Task<(WatchResult Result, double CpuMicros)> WatchAsync(RowRun run, KeySpace keys, int watchers, int streams, int writers, double? rate, int stuck = 0)
    {
        using var watching = new Channels(run.Cluster, connections: 10, members: 1);
        using var stuckOnes = new Channels(run.Cluster, connections: 10, members: 1, WatchPlan.StuckOptions);
        using var writing = new Channels(run.Cluster, connections: 1, members: 1);
        var cpu = new CpuMeter(run.Cluster);
        var plan = new WatchPlan { Channels = watching.All, Watchers = watchers, Streams = streams, Prefix = keys.Prefix, StuckStreams = stuck, StuckChannels = stuckOnes.All };
        var watch = new WatchRun(plan, Plan(run, writing, writers, rate) with { OnMeasuring = cpu.Note }, keys, Options);
        var result = await watch.RunAsync(CancellationToken.None).ConfigureAwait(false);
        return (result, cpu.MicrosFor(result.Events.Done));
    }
}
