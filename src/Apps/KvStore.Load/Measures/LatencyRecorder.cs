using HdrHistogram;

namespace KvStore.Load.Measures;

/// <summary>Latencies of many clients in one histogram of three significant digits. Thread-safe; no allocation per sample.</summary>
public sealed class LatencyRecorder
{
    /// <summary>Longer ones count as this: a call that took a minute is lost to whoever waited for it.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private const int SignificantDigits = 3;

    private static readonly double[] Percentiles = [0, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100];

    // In units of 100 ns (TimeSpan's ticks).
    private readonly LongConcurrentHistogram _ticks = new(1, Longest.Ticks, SignificantDigits);

    public void Record(TimeSpan latency) => _ticks.RecordValue(Math.Clamp(latency.Ticks, 1, Longest.Ticks));

    public LatencySummary Summarize()
    {
        if (_ticks.TotalCount == 0)
            return LatencySummary.Empty;
        double Micros(double percentile) => _ticks.GetValueAtPercentile(percentile) / (double)TimeSpan.TicksPerMicrosecond;
        return new LatencySummary
        {
            Count = _ticks.TotalCount,
            MeanMicros = _ticks.GetMean() / TimeSpan.TicksPerMicrosecond,
            StandardDeviationMicros = _ticks.GetStdDeviation() / TimeSpan.TicksPerMicrosecond,
            Percentiles = [.. Percentiles.Select(percentile => new LatencyPercentile(percentile, Micros(percentile)))],
        };
    }
}
