using System.Globalization;
using System.Text;
using KvStore.Load.Measures;

namespace KvStore.Ctl.Commands.Bench;

/// <summary>A result for people.</summary>
internal static class BenchText
{
    private const int BarWidth = 40;

    public static string Of(LoadResult result)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{result.Workload}\n  {result.Done:n0} in {result.Seconds:f1} s: {result.PerSecond:n0}/s");
        if (result.BytesReceived > 0)
            text.Append(CultureInfo.InvariantCulture, $", {result.BytesReceived / result.Seconds / 1e6:n1} MB/s received");
        text.Append('\n');
        foreach (var (reason, count) in result.Failures)
            text.Append(CultureInfo.InvariantCulture, $"  {count:n0} failed: {GoText.Of(reason)}\n");
        if (result.Latency.Count > 0)
            AppendLatency(text, result.Latency);
        return text.Append('\n').ToString();
    }

    /// <summary>Microseconds in the unit that reads best.</summary>
    public static string Time(double micros) => micros switch
    {
        < 1_000 => micros.ToString("f0", CultureInfo.InvariantCulture) + " us",
        < 1_000_000 => (micros / 1_000).ToString("f2", CultureInfo.InvariantCulture) + " ms",
        _ => (micros / 1_000_000).ToString("f2", CultureInfo.InvariantCulture) + " s",
    };

    private static void AppendLatency(StringBuilder text, LatencySummary latency)
    {
        text.Append($"  latency: mean {Time(latency.MeanMicros)}, standard deviation {Time(latency.StandardDeviationMicros)}\n");
        var longest = Math.Max(latency.Percentiles[^1].Micros, 1);
        foreach (var (percent, micros) in latency.Percentiles)
        {
            var name = percent switch
            {
                0 => "min",
                100 => "max",
                _ => percent.ToString(CultureInfo.InvariantCulture) + " %",
            };
            text.Append($"  {name,8} {Time(micros),10}  {new string('#', (int)Math.Round(BarWidth * micros / longest))}\n");
        }
    }
}
