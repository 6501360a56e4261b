namespace KvStore.Benchmarks.Measures;

/// <summary>One run of one row on one side.</summary>
internal sealed record Measurement
{
    /// <summary>In the row's unit.</summary>
    public required double Figure { get; init; }

    public double? MedianMicros { get; init; }

    public double? P99Micros { get; init; }

    public double? P999Micros { get; init; }

    /// <summary>The servers' processor time, all members together, for one operation, in microseconds.</summary>
    public double? CpuMicros { get; init; }

    /// <summary>The largest resident set of any member since it started, or since the row began where a row says so.</summary>
    public double? PeakMegabytes { get; init; }

    /// <summary>By how much the resident set of any member grew at its largest, from where the row says.</summary>
    public double? GrowthMegabytes { get; init; }

    public long Failures { get; init; }
}
