using KvStore.Benchmarks.Load;

namespace KvStore.Benchmarks.Report;

/// <summary>All runs of one row on both sides.</summary>
internal sealed record ComparedRow(Row Row, IReadOnlyList<LoadResult> EtcdRuns, IReadOnlyList<LoadResult> OurRuns)
{
    public double Etcd(Func<LoadResult, double> figure) => Median(EtcdRuns, figure);

    public double Ours(Func<LoadResult, double> figure) => Median(OurRuns, figure);

    public double Ratio(Func<LoadResult, double> figure) => Etcd(figure) == 0 ? 0 : Ours(figure) / Etcd(figure);

    /// <summary>Half the distance between the slowest and the fastest run, in percent of the median.</summary>
    public static double SpreadPercent(IReadOnlyList<LoadResult> runs)
    {
        var median = Median(runs, run => run.PerSecond);
        return median == 0 ? 0 : 50 * (runs.Max(run => run.PerSecond) - runs.Min(run => run.PerSecond)) / median;
    }

    private static double Median(IReadOnlyList<LoadResult> runs, Func<LoadResult, double> figure)
    {
        var sorted = runs.Select(figure).Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
