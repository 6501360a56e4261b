using System.Globalization;
using KvStore.Benchmarks.Load;
using KvStore.Benchmarks.Servers;
using KvStore.Load.Loops;
using KvStore.Load.Measures;
using KvStore.Load.Workloads;

namespace KvStore.Benchmarks.Breakdown;

/// <summary>
/// Where the time of a put and of a range goes, on one member under one client and under many: processor time and context switches of
/// a call by thread, how long the log's syncs and the store's writes take, and how many calls share one.
/// </summary>
internal sealed class BreakdownRun(BenchmarkOptions options)
{
    private static readonly KeySpace Keys = new();

    private static readonly (string What, string Seconds)[] Stages =
    [
        ("sync of the log (`etcd_disk_wal_fsync_duration_seconds`)", "etcd_disk_wal_fsync_duration_seconds"),
        ("write of the store (`etcd_disk_backend_commit_duration_seconds`)", "etcd_disk_backend_commit_duration_seconds"),
    ];

    /// <summary>Below this share of the whole a line tells nothing.</summary>
    private const double LeastShare = 0.005;

    public async Task<int> RunAsync()
    {
        foreach (var (name, workload, clients, connections) in new (string, IWorkload, int, int)[]
        {
            ("put 256 B, 1 client", Put(), 1, 1),
            ("put 256 B, 1,000 clients on 100 connections", Put(), 1000, 100),
            ("range of one key, linearizable, 1 client", Range(), 1, 1),
            ("range of one key, linearizable, 1,000 clients on 100 connections", Range(), 1000, 100),
        })
        {
            using var cluster = await MeasuredCluster.StartAsync(options.ServerPath, members: 1).ConfigureAwait(false);
            await cluster.FillAsync(Keys).ConfigureAwait(false);
            await ShowAsync(name, cluster, workload, clients, connections).ConfigureAwait(false);
        }

        return 0;
    }

    private static PutWorkload Put() => new(Keys, ClusterLoad.Options);

    private static RangeWorkload Range() => new(Keys, ClusterLoad.Options, isSerializable: false);

    private async Task ShowAsync(string name, MeasuredCluster cluster, IWorkload workload, int clients, int connections)
    {
        using var channels = new Channels(cluster, connections, members: 1);
        var process = cluster.Processes[0];
        SortedDictionary<string, ThreadUse> before = [], after = [];
        Dictionary<string, double> metricsBefore = [], metricsAfter = [];
        var plan = new LoadPlan
        {
            Channels = channels.All, Clients = clients, WarmUp = options.WarmUp, Duration = options.Duration,
            OnMeasuring = begins =>
            {
                if (begins)
                    (before, metricsBefore) = (ThreadUse.Of(process), Metrics(cluster));
                else
                    (after, metricsAfter) = (ThreadUse.Of(process), Metrics(cluster));
            },
        };
        var result = await new LoadRun(workload, plan).RunAsync(CancellationToken.None).ConfigureAwait(false);
        WriteThreads(name, result, after.ToDictionary(use => use.Key, use => use.Value - before.GetValueOrDefault(use.Key)));
        foreach (var (what, metric) in Stages)
            WriteStage(what, result.Done, Difference(metric + "_sum"), Difference(metric + "_count"));
        Console.WriteLine();

        double Difference(string metric) => metricsAfter.GetValueOrDefault(metric) - metricsBefore.GetValueOrDefault(metric);
    }

    private static void WriteThreads(string name, LoadResult result, Dictionary<string, ThreadUse> uses)
    {
        var calls = Math.Max(result.Done, 1);
        var all = uses.Values.Aggregate(default(ThreadUse), static (sum, use) => sum + use);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"## {name}\n\n{result.PerSecond:N0} calls a second; latency: median {result.Latency.Micros(50):N0} µs, p99 {result.Latency.Micros(99):N0} µs. Of the server, for one call:\n"));
        Console.WriteLine("| Threads | on a processor, µs | ready for one, µs | voluntary switches | involuntary |\n|---|--:|--:|--:|--:|");
        foreach (var (thread, use) in uses.OrderByDescending(static use => use.Value.OnProcessor))
        {
            if (use.OnProcessor > LeastShare * all.OnProcessor)
                WriteLine(thread, use, calls);
        }

        WriteLine("**all**", all, calls);
        Console.WriteLine();
    }

    private static void WriteLine(string thread, ThreadUse use, long calls) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"| {thread} | {use.OnProcessor.TotalMicroseconds / calls:0.00} | {use.Ready.TotalMicroseconds / calls:0.00} | {(double)use.Voluntary / calls:0.00} | {(double)use.Involuntary / calls:0.00} |"));

    private static void WriteStage(string what, long calls, double seconds, double count)
    {
        if (count > 0)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"- {what}: {seconds / count * 1e6:N0} µs each, {count:N0} of them, {calls / count:0.00} calls to one"));
    }

    /// <summary>Sums of the page's lines by their names, whatever their labels. Read while the load waits: it is asked for between two of its calls.</summary>
    private static Dictionary<string, double> Metrics(MeasuredCluster cluster)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{cluster.Endpoints[0]}/metrics"));
        using var response = http.Send(request);
        using var page = new StreamReader(response.Content.ReadAsStream());
        var sums = new Dictionary<string, double>(StringComparer.Ordinal);
        while (page.ReadLine() is { } line)
        {
            if (line.StartsWith('#') || line.LastIndexOf(' ') is not (> 0 and var blank))
                continue;
            var name = line[..line.AsSpan().IndexOfAny('{', ' ')];
            sums[name] = sums.GetValueOrDefault(name) + double.Parse(line.AsSpan(blank + 1), CultureInfo.InvariantCulture);
        }

        return sums;
    }
}
