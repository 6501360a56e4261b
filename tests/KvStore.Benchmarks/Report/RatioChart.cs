using System.Globalization;
using System.Net;
using System.Text;

namespace KvStore.Benchmarks.Report;

/// <summary>
/// A group's rows as bars on a logarithmic scale, as SVG: to the right of the line at 1 we are better than etcd, to the left worse. The
/// upper bar of a row is its figure, the lower one the servers' processor time; a mark is the target of the figure.
/// </summary>
internal static class RatioChart
{
    private const int Width = 960;
    private const int NamesWidth = 460;
    private const int RowHeight = 34;
    private const int Top = 44;

    // Ten times worse to a hundred times better; what lies beyond ends at the edge, and its number says so.
    private const double LowestLog = -1;
    private const double HighestLog = 2;

    /// <summary>Characters of a name that fit into its column.</summary>
    private const int NameMax = 66;

    public static string Of(string title, IReadOnlyList<ComparedRow> rows)
    {
        var height = Top + (rows.Count * RowHeight) + 12;
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" font-family="sans-serif" font-size="12">""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<rect width="{Width}" height="{height}" fill="#ffffff"/>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="12" y="20" font-size="14" font-weight="bold">{Text(title)}: times better than etcd</text>""");
        svg.AppendLine("""<rect x="700" y="10" width="10" height="10" fill="#2f6fb0"/><text x="714" y="19">figure</text><rect x="764" y="10" width="10" height="10" fill="#b9c6d3"/><text x="778" y="19">processor time</text><path d="M880 8v14" stroke="#c0392b" stroke-width="2"/><text x="886" y="19">target</text>""");
        foreach (var times in new[] { 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100 })
        {
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path d="M{X(times):0.#} {Top}V{height - 12}" stroke="{(times == 1 ? "#444444" : "#e3e3e3")}"/><text x="{X(times):0.#}" y="{Top - 6}" text-anchor="middle" fill="#666666">{times:0.##}</text>""");
        }

        for (var number = 0; number < rows.Count; number++)
            Row(svg, rows[number], Top + (number * RowHeight) + 4);
        return svg.AppendLine("</svg>").ToString();
    }

    private static void Row(StringBuilder svg, ComparedRow row, int y)
    {
        var name = row.Row.Name.Length <= NameMax ? row.Row.Name : row.Row.Name[..(NameMax - 1)] + "…";
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{NamesWidth - 8}" y="{y + 14}" text-anchor="end">{Text(name)}</text>""");
        Bar(svg, row.TimesBetter, y, 14, "#2f6fb0");
        Bar(svg, row.TimesCheaper, y + 15, 10, "#b9c6d3");
        if (row.TimesBetterTarget > 0)
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<path d="M{X(row.TimesBetterTarget):0.#} {y - 1}v16" stroke="#c0392b" stroke-width="2"/>""");
    }

    private static void Bar(StringBuilder svg, double times, int y, int thickness, string colour)
    {
        if (times <= 0)
            return;
        var (from, to) = times >= 1 ? (X(1), X(times)) : (X(times), X(1));
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<rect x="{from:0.#}" y="{y}" width="{Math.Max(1, to - from):0.#}" height="{thickness}" fill="{colour}"/>""");
        // The number stands inside a bar that reaches the edge, behind any other.
        var inside = times >= 50;
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{(inside ? to - 4 : Math.Max(to, X(1)) + 4):0.#}" y="{y + thickness - 2}" font-size="10" text-anchor="{(inside ? "end" : "start")}" fill="{(inside ? "#ffffff" : "#333333")}">{times:0.##}</text>""");
    }

    private static double X(double times)
    {
        const double Span = Width - NamesWidth - 24;
        return NamesWidth + (Span * (Math.Clamp(Math.Log10(times), LowestLog, HighestLog) - LowestLog) / (HighestLog - LowestLog));
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
