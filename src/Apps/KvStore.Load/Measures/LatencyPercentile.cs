namespace KvStore.Load.Measures;

/// <summary>This many percent of all samples took no longer than this.</summary>
/// <param name="Percent">0 (the shortest) to 100 (the longest).</param>
/// <param name="Micros">In microseconds.</param>
public sealed record LatencyPercentile(double Percent, double Micros);
