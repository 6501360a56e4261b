using System.Globalization;
using System.Net;
using System.Text;
using KvStore.Load.Measures;

namespace KvStore.Ctl.Commands.Bench;

/// <summary>A page that needs nothing else: figures, what was done each second, and the latency of each percentile.</summary>
internal static class BenchPage
{
    private const int Width = 720;
    private const int Height = 220;
    private const int Margin = 60;

    public static string Of(IReadOnlyList<LoadResult> results)
    {
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>kvctl bench</title>\n");
        page.Append("<style>body{font:14px sans-serif;margin:2em;max-width:800px}td,th{padding:2px 12px;text-align:right}svg{display:block;margin:1em 0}</style>\n");
        foreach (var result in results)
            Append(page, result);
        return page.Append("</html>\n").ToString();
    }

    private static void Append(StringBuilder page, LoadResult result)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h1>{WebUtility.HtmlEncode(result.Workload)}</h1>\n<p>{result.Done:n0} in {result.Seconds:f1} s: <b>{result.PerSecond:n0}/s</b></p>\n");
        foreach (var (reason, count) in result.Failures)
            page.Append(CultureInfo.InvariantCulture, $"<p>{count:n0} failed: {WebUtility.HtmlEncode(reason)}</p>\n");
        page.Append("<h2>Per second</h2>\n");
        AppendChart(page, [.. result.Timeline.Select((done, second) => (second.ToString(CultureInfo.InvariantCulture), (double)done))], value => value.ToString("n0", CultureInfo.InvariantCulture));
        if (result.Latency.Count == 0)
            return;
        page.Append("<h2>Latency</h2>\n");
        AppendChart(page, [.. result.Latency.Percentiles.Select(each => (each.Percent.ToString(CultureInfo.InvariantCulture), each.Micros))], BenchText.Time);
        page.Append("<table><tr><th>percent</th><th>latency</th></tr>\n");
        foreach (var (percent, micros) in result.Latency.Percentiles)
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{percent}</td><td>{BenchText.Time(micros)}</td></tr>\n");
        page.Append("</table>\n");
    }

    /// <summary>One line through all points, evenly spaced, from 0 upwards.</summary>
    private static void AppendChart(StringBuilder page, List<(string Name, double Value)> points, Func<double, string> label)
    {
        if (points.Count == 0)
            return;
        var top = Math.Max(points.Max(point => point.Value), 1e-9);
        double X(int index) => Margin + ((Width - (2.0 * Margin)) * (points.Count == 1 ? 0.5 : index / (points.Count - 1.0)));
        double Y(double value) => Height - 30 - ((Height - 50) * value / top);
        page.Append(CultureInfo.InvariantCulture, $"<svg width=\"{Width}\" height=\"{Height}\" font-size=\"11\">\n");
        page.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Margin}\" y1=\"{Y(0):f1}\" x2=\"{Width - Margin}\" y2=\"{Y(0):f1}\" stroke=\"#888\"/>\n");
        page.Append(CultureInfo.InvariantCulture, $"<text x=\"{Margin - 4}\" y=\"{Y(top):f1}\" text-anchor=\"end\">{label(top)}</text>\n");
        var line = string.Join(' ', points.Select((point, index) => string.Create(CultureInfo.InvariantCulture, $"{X(index):f1},{Y(point.Value):f1}")));
        page.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"#0a58ca\" stroke-width=\"2\" points=\"{line}\"/>\n");
        // Names under the first, the last and some between: more than a dozen would lie over each other.
        var step = Math.Max(1, points.Count / 12);
        for (var index = 0; index < points.Count; index += step)
            page.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(index):f1}\" y=\"{Height - 10}\" text-anchor=\"middle\">{points[index].Name}</text>\n");
        page.Append("</svg>\n");
    }
}
