using System.Globalization;
using KvStore.Benchmarks.Load;
using KvStore.Benchmarks.Measures;
using KvStore.Load.Workloads;

namespace KvStore.Benchmarks.Rows;

/// <summary>Stores that take long to write: many keys to start on, and much more on disk than in memory.</summary>
internal static class LargeStoreRows
{
    private const double DiskGigabytesWanted = 50;

    /// <summary>As large as the objects of a control plane become.</summary>
    private const int DiskValueBytes = 10 * 1024;

    private const long MemoryBytes = 2L << 30;

    /// <summary>Left free on the disk whatever happens.</summary>
    private const long DiskReservedBytes = 8L << 30;

    /// <summary>Bytes of disk for a byte of values: logs, files that are being merged, and etcd's pages, of which a value of 10 KB fills less than half (2.3 measured).</summary>
    private const double DiskPerValue = 2.5;

    /// <summary>Reads a second, and those who make them: far below what saturates either side.</summary>
    private const double Reads = 500;

    private const int Readers = 50;

    public static IReadOnlyList<RowGroup> Groups(BenchmarkOptions options)
    {
        var gigabytes = options.DiskGigabytes ?? Math.Min(DiskGigabytesWanted, Math.Floor((FreeBytes() - DiskReservedBytes) / DiskPerValue / 1e9));
        var scaled = gigabytes < DiskGigabytesWanted
            ? string.Create(CultureInfo.InvariantCulture, $"; scaled down from {DiskGigabytesWanted} GB{(options.DiskGigabytes is null ? $", since {FreeBytes() / 1e9:f0} GB of disk are free" : "")}")
            : "";
        return
        [
            new RowGroup(string.Create(CultureInfo.InvariantCulture, $"{options.ManyKeys:n0} keys of 256 B"), Members: 1, Keeping.BothSides, [.. ManyKeys(options.ManyKeys)]),
            new RowGroup(string.Create(CultureInfo.InvariantCulture, $"{gigabytes:0.##} GB on disk with 2 GB of memory"), Members: 1, Keeping.SideAfterSide, [.. OnDisk(gigabytes, scaled)])
            {
                MemoryBytes = MemoryBytes,
            },
        ];
    }

    private static IEnumerable<Row> ManyKeys(long count)
    {
        var keys = new KeySpace { Prefix = "many/", Count = count };
        return
        [
            new Row("loading, 100 keys in a transaction", Unit.Milliseconds, async run => new Measurement
            {
                Figure = (await run.Cluster.FillInBatchesAsync(keys).ConfigureAwait(false)).TotalMilliseconds,
                PeakMegabytes = run.Cluster.PeakMemoryMegabytes(),
            }) { RoundsMax = 1 },
            new Row("memory after that", Unit.Megabytes, run => Task.FromResult(new Measurement { Figure = run.Cluster.MemoryMegabytes() })) { RoundsMax = 1 },
            new Row("start until it answers", Unit.Milliseconds, async run => new Measurement
            {
                Figure = (await run.Cluster.RestartAsync().ConfigureAwait(false)).TotalMilliseconds,
                PeakMegabytes = run.Cluster.PeakMemoryMegabytes(),
            }) { Targets = [Target.AtMost(Aspect.Ratio, 0.3)] },
            new Row("memory after a restart", Unit.Megabytes, run => Task.FromResult(new Measurement { Figure = run.Cluster.MemoryMegabytes() })) { RoundsMax = 1 },
        ];
    }

    private static IEnumerable<Row> OnDisk(double gigabytes, string scaled)
    {
        var keys = new KeySpace { Prefix = "disk/", Count = (long)(gigabytes * 1e9 / DiskValueBytes), ValueBytes = DiskValueBytes };
        var allowed = Target.AtMost(Aspect.Peak, MemoryBytes >> 20);
        return
        [
            new Row("loading values of 10 KB", Unit.MegabytesPerSecond, async run =>
            {
                var took = await run.Cluster.FillInBatchesAsync(keys).ConfigureAwait(false);
                return new Measurement { Figure = gigabytes * 1000 / took.TotalSeconds, PeakMegabytes = run.Cluster.PeakMemoryMegabytes() };
            })
            {
                Targets = [allowed],
                Note = "etcd's resident set counts the pages of its file, which the system may take back" + scaled,
            },
            new Row("files", Unit.Megabytes, run => Task.FromResult(new Measurement { Figure = run.Cluster.DiskBytes() / 1e6 })),
            new Row("start until it answers, nothing cached by the system", Unit.Milliseconds, async run => new Measurement
            {
                Figure = (await run.Cluster.RestartAsync(isCold: true).ConfigureAwait(false)).TotalMilliseconds,
                PeakMegabytes = run.Cluster.PeakMemoryMegabytes(),
            }) { Targets = [allowed] },
            new Row("range of one key after that: 99th percentile", Unit.Milliseconds,
                run => ClusterLoad.LatencyAsync(run, _ => new RangeWorkload(keys, ClusterLoad.Options, isSerializable: false), 99, Readers, connections: 10, Reads))
            {
                Targets = [Target.AtMost(Aspect.Figure, 10), allowed],
                Note = "500 a second, keys at random; the system's cache of files is not limited",
            },
        ];
    }

    private static long FreeBytes() => new DriveInfo(Path.GetTempPath()).AvailableFreeSpace;
}
