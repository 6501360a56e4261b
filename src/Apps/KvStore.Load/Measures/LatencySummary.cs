namespace KvStore.Load.Measures;

/// <summary>What is kept of a histogram, in microseconds.</summary>
public sealed record LatencySummary
{
    public static readonly LatencySummary Empty = new() { Percentiles = [] };

    public long Count { get; init; }

    public double MeanMicros { get; init; }

    public double StandardDeviationMicros { get; init; }

    /// <summary>From the shortest to the longest.</summary>
    public required IReadOnlyList<LatencyPercentile> Percentiles { get; init; }

    /// <summary>One of the percentiles kept; 0 where nothing was measured.</summary>
    public double Micros(double percent) => Percentiles.FirstOrDefault(each => each.Percent == percent)?.Micros ?? 0;
}
