using System.Globalization;
using KvStore.Load.Measures;

namespace KvStore.Ctl.Commands.Checks;

/// <summary>etcd's judgement of a run: a line for each demand, and whether all were met.</summary>
internal static class PerfVerdict
{
    private const double ThroughputShareMin = 0.9;
    private const double SlowestSecondsMax = 0.5;
    private const double DeviationSecondsMax = 0.1;

    public static (IReadOnlyList<string> Lines, bool Passed) Of(LoadResult found, int putsPerSecond)
    {
        var lines = new List<string>();
        var slowestSeconds = found.Latency.Micros(100) / 1e6;
        var deviationSeconds = found.Latency.StandardDeviationMicros / 1e6;
        var passed = found.Failures.Count == 0;
        if (!passed)
            lines.AddRange(ErrorsOf(found));
        var rounded = (long)found.PerSecond + 1;
        Judge(found.PerSecond / putsPerSecond > ThroughputShareMin, $"PASS: Throughput is {rounded} writes/s", $"FAIL: Throughput too low: {rounded} writes/s");
        Judge(slowestSeconds <= SlowestSecondsMax, $"PASS: Slowest request took {Shown(slowestSeconds)}s", $"Slowest request took too long: {Shown(slowestSeconds)}s");
        Judge(deviationSeconds <= DeviationSecondsMax, $"PASS: Stddev is {Shown(deviationSeconds)}s", $"Stddev too high: {Shown(deviationSeconds)}s");
        lines.Add(passed ? "PASS" : "FAIL");
        return (lines, passed);

        void Judge(bool isMet, string good, string bad)
        {
            passed &= isMet;
            lines.Add(isMet ? good : bad);
        }
    }

    public static IEnumerable<string> ErrorsOf(LoadResult found) =>
        found.Failures.Select(error => $"FAIL: ERROR({error.Key}) -> {error.Value}").Prepend("FAIL: too many errors");

    private static string Shown(double seconds) => seconds.ToString("F6", CultureInfo.InvariantCulture);
}
