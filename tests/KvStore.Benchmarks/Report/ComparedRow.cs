using KvStore.Benchmarks.Measures;
using KvStore.Benchmarks.Rows;

namespace KvStore.Benchmarks.Report;

/// <summary>All runs of one row on both sides; medians of them.</summary>
internal sealed record ComparedRow(RowGroup Group, Row Row, IReadOnlyList<Measurement> EtcdRuns, IReadOnlyList<Measurement> OurRuns)
{
    public double Etcd(Func<Measurement, double?> figure) => Median(EtcdRuns, figure);

    public double Ours(Func<Measurement, double?> figure) => Median(OurRuns, figure);

    public double Ratio(Func<Measurement, double?> figure) => Etcd(figure) is > 0 and var etcd ? Ours(figure) / etcd : 0;

    /// <summary>Whether ours has this figure and it is what is asked; a figure of 0 is none.</summary>
    public bool Meets(Target target) => OurRuns.Count > 0 && (Value(target.Aspect) > 0 || target.Aspect == Aspect.Growth) && target.IsMet(Value(target.Aspect));

    public double Value(Aspect aspect) => aspect switch
    {
        Aspect.Ratio => Ratio(run => run.Figure),
        Aspect.CpuRatio => Ratio(run => run.CpuMicros),
        Aspect.P99Ratio => Ratio(run => run.P99Micros),
        Aspect.P999Ratio => Ratio(run => run.P999Micros),
        Aspect.Growth => Ours(run => run.GrowthMegabytes),
        Aspect.Peak => Ours(run => run.PeakMegabytes),
        _ => Ours(run => run.Figure),
    };

    /// <summary>How many times better we are than etcd: the ratio, or its inverse where less is better. 0 where a side has no figure.</summary>
    public double TimesBetter => (Value(Aspect.Ratio), Row.Unit) switch
    {
        (0, _) => 0,
        (var ratio, Unit.PerSecond or Unit.MegabytesPerSecond) => ratio,
        (var ratio, _) => 1 / ratio,
    };

    /// <summary>The same for the servers' processor time of an operation.</summary>
    public double TimesCheaper => Value(Aspect.CpuRatio) is > 0 and var ratio ? 1 / ratio : 0;

    /// <summary>What <see cref="TimesBetter"/> is to be; 0 where there is no such target.</summary>
    public double TimesBetterTarget => Row.Targets.FirstOrDefault(target => target.Aspect == Aspect.Ratio) is { } target
        ? target.IsLeast ? target.Bound : 1 / target.Bound
        : 0;

    /// <summary>Half the distance between the least and the greatest run, in percent of the median.</summary>
    public static double SpreadPercent(IReadOnlyList<Measurement> runs)
    {
        var median = Median(runs, run => run.Figure);
        return median == 0 ? 0 : 50 * (runs.Max(run => run.Figure) - runs.Min(run => run.Figure)) / median;
    }

    private static double Median(IReadOnlyList<Measurement> runs, Func<Measurement, double?> figure)
    {
        var sorted = runs.Select(figure).Where(value => value is not null).Select(value => value!.Value).Order().ToArray();
        if (sorted.Length == 0)
            return 0;
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
