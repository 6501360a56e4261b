using KvStore.Benchmarks.Load;
using KvStore.Benchmarks.Measures;
using KvStore.Load.Workloads;
using KvStore.Protocol.Etcd;

namespace KvStore.Benchmarks.Rows;

/// <summary>A million keys of 1 KB: a gigabyte, of which clients read large parts.</summary>
internal static class WideRows
{
    /// <summary>What a client pages with: as kube-apiserver's largest page.</summary>
    private const int PageKeys = 10_000;

    /// <summary>By how much a large read may raise a server's memory: the answer must not be held as a whole.</summary>
    private const double GrowthMegabytesMax = 64;

    private static readonly KeySpace Keys = new() { Prefix = "wide/", Count = 1_000_000, ValueBytes = 1024 };

    public static IEnumerable<Row> All() =>
    [
        new Row("loading 1,000,000 keys of 1 KB, 100 in a transaction", Unit.Milliseconds, async run => new Measurement
        {
            Figure = (await run.Cluster.FillInBatchesAsync(Keys).ConfigureAwait(false)).TotalMilliseconds,
            PeakMegabytes = run.Cluster.PeakMemoryMegabytes(),
        }) { RoundsMax = 1 },
        new Row("range of 10,000 of 1,000,000 keys of 1 KB, 1 client", Unit.PerSecond, run => TenThousandAsync(run, FirstPage))
        {
            Targets = Targets,
            Note = "a limit of 10,000, so the answer counts all",
        },
        new Row("range of just 10,000 keys of 1 KB, 1 client", Unit.PerSecond, run => TenThousandAsync(run, JustThose)) { Note = "a range that has no more" },
        new Row("1 GB as a stream", Unit.MegabytesPerSecond, StreamAsync)
        {
            Targets = Targets,
            RoundsMax = 3,
            Note = "RangeStream; etcd 3.5 has none: pages of 10,000 keys of one revision",
        },
    ];

    private static IReadOnlyList<Target> Targets => [Target.AtLeast(Aspect.Ratio, 5), Target.AtMost(Aspect.Growth, GrowthMegabytesMax)];

    private static RangeRequest FirstPage => LargeRows.List(Keys, limit: PageKeys);

    private static RangeRequest JustThose => new() { Key = Keys.Key(500_000), RangeEnd = Keys.Key(500_000 + PageKeys) };

    private static async Task<Measurement> TenThousandAsync(RowRun run, RangeRequest request)
    {
        var growth = new GrowthMeter(run.Cluster);
        var found = await ClusterLoad.RateAsync(run, _ => new ListWorkload("list", request, ClusterLoad.Options), clients: 1, connections: 1).ConfigureAwait(false);
        return found with { GrowthMegabytes = growth.Megabytes() };
    }

    private static async Task<Measurement> StreamAsync(RowRun run)
    {
        var all = LargeRows.List(Keys);
        return run.Cluster.IsEtcd
            ? await ClusterLoad.VolumeAsync(run, new PagedWorkload(all, PageKeys, ClusterLoad.Options), calls: 1).ConfigureAwait(false)
            : await ClusterLoad.VolumeAsync(run, new RangeStreamWorkload(all, ClusterLoad.Options), calls: 1).ConfigureAwait(false);
    }
}
