using System.Globalization;

namespace KvStore.Ctl.Commands.Checks;

/// <summary>etcd's judgement of a run: a line for each demand, and whether all were met.</summary>
internal static class PerfVerdict
{
    private const double ThroughputShareMin = 0.9;
    private const double SlowestSecondsMax = 0.5;
    private const double DeviationSecondsMax = 0.1;

    public static (IReadOnlyList<string> Lines, bool Passed) Of(PutMeasures found, int putsPerSecond)
    {
        var lines = new List<string>();
        var passed = found.Errors.Count == 0;
        if (!passed)
            lines.AddRange(ErrorsOf(found));
        var rounded = (long)found.PerSecond + 1;
        Judge(found.PerSecond / putsPerSecond > ThroughputShareMin, $"PASS: Throughput is {rounded} writes/s", $"FAIL: Throughput too low: {rounded} writes/s");
        Judge(found.SlowestSeconds <= SlowestSecondsMax, $"PASS: Slowest request took {Shown(found.SlowestSeconds)}s", $"Slowest request took too long: {Shown(found.SlowestSeconds)}s");
        Judge(found.DeviationSeconds <= DeviationSecondsMax, $"PASS: Stddev is {Shown(found.DeviationSeconds)}s", $"Stddev too high: {Shown(found.DeviationSeconds)}s");
        lines.Add(passed ? "PASS" : "FAIL");
        return (lines, passed);

        void Judge(bool isMet, string good, string bad)
        {
            passed &= isMet;
            lines.Add(isMet ? good : bad);
        }
    }

    public static IEnumerable<string> ErrorsOf(PutMeasures found) =>
        found.Errors.Select(error => $"FAIL: ERROR({error.Key}) -> {error.Value}").Prepend("FAIL: too many errors");

    private static string Shown(double seconds) => seconds.ToString("F6", CultureInfo.InvariantCulture);
}
