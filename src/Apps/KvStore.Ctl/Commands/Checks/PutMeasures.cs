namespace KvStore.Ctl.Commands.Checks;

/// <summary>What a run of puts was like. Seconds; the deviation is that of all puts, not of a sample.</summary>
internal sealed record PutMeasures(double PerSecond, double SlowestSeconds, double DeviationSeconds, IReadOnlyDictionary<string, long> Errors)
{
    public static PutMeasures Of(IReadOnlyList<double> seconds, IReadOnlyDictionary<string, long> errors, TimeSpan elapsed)
    {
        if (seconds.Count == 0)
            return new PutMeasures(0, 0, 0, errors);
        var mean = seconds.Average();
        var deviation = Math.Sqrt(seconds.Sum(each => (each - mean) * (each - mean)) / seconds.Count);
        return new PutMeasures(seconds.Count / elapsed.TotalSeconds, seconds.Max(), deviation, errors);
    }
}
