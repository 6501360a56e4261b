using System.Globalization;
using System.Text;
using KvStore.Server.Configuration;

namespace KvStore.Architecture.Tests.Compatibility;

/// <summary>docs/COMPATIBILITY.md.</summary>
internal static class Page
{
    private const string DifferencesHeading = "## By design";

    public static string Write(IReadOnlyList<Kind> kinds)
    {
        var page = new StringBuilder();
        page.AppendLine("# Compatibility with etcd");
        page.AppendLine();
        page.AppendLine("The reference is etcd 3.7. Every promise of its contract is a row here, with the test that shows it. Written by `KvStore.Architecture.Tests` from the protos, the code, its tables and what other tests saw (`KVSTORE_REWRITE=1` writes it anew); do not edit.");
        AppendCounts(page, kinds);
        AppendMissing(page, kinds);
        foreach (var kind in kinds)
            AppendKind(page, kind);
        AppendFlagNames(page);
        AppendDifferences(page);
        return page.ToString().ReplaceLineEndings("\n");
    }

    private static void AppendCounts(StringBuilder page, IReadOnlyList<Kind> kinds)
    {
        Line(page, "");
        Line(page, "| Kind | Rows | Shown | By design | Missing |");
        Line(page, "|---|---|---|---|---|");
        foreach (var kind in kinds)
            Line(page, $"| {kind.Title} | {Counts(kind.Rows)} |");
        Line(page, $"| All | {Counts([.. kinds.SelectMany(kind => kind.Rows)])} |");
        Line(page, "");
        Line(page, "*Shown*: the named test would fail without it. *By design*: there is nothing here that it could mean, or it is otherwise on purpose; the reason stands in its row. *Missing*: not there, or not shown by a test.");
    }

    private static string Counts(IReadOnlyList<Row> rows) => string.Create(
        CultureInfo.InvariantCulture,
        $"{rows.Count} | {rows.Count(row => row is { Missing: null, ByDesign: null })} | {rows.Count(row => row.ByDesign is not null)} | {rows.Count(row => row.Missing is not null)}");

    private static void AppendMissing(StringBuilder page, IReadOnlyList<Kind> kinds)
    {
        var missing = kinds.SelectMany(kind => kind.Rows, (kind, row) => (kind, row)).Where(entry => entry.row.Missing is not null).ToArray();
        Line(page, "");
        Line(page, $"## Missing: {missing.Length}");
        Line(page, "");
        foreach (var (kind, row) in missing)
            Line(page, $"- {kind.Title}: {Coded(row.Key)}: {row.Missing}");
    }

    private static void AppendKind(StringBuilder page, Kind kind)
    {
        Line(page, "");
        Line(page, $"## {kind.Title}");
        Line(page, "");
        Line(page, kind.About);
        Line(page, "");
        Line(page, $"| {string.Join(" | ", kind.Columns)} | Shown by |");
        Line(page, string.Concat(Enumerable.Repeat("|---", kind.Columns.Count + 1)) + "|");
        foreach (var row in kind.Rows)
        {
            Assert.True(row.Facts.Count == kind.Columns.Count - 1, $"{kind.Title}: {row.Key} has {row.Facts.Count + 1} columns of {kind.Columns.Count}");
            Line(page, $"| {string.Join(" | ", row.Facts.Prepend(Coded(row.Key)).Select(Escaped))} | {Escaped(Evidence(row))} |");
        }
    }

    /// <summary>Names are code, rules are words.</summary>
    private static string Coded(string key) => key.Contains('`', StringComparison.Ordinal) || (key.Contains(' ', StringComparison.Ordinal) && char.IsAsciiLetterUpper(key[0])) ? key : $"`{key}`";

    private static string Escaped(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Evidence(Row row) => row switch
    {
        { Missing: { } reason } => $"**MISSING**: {reason}",
        { ByDesign: { } reason } => $"by design: {reason}",
        _ => string.Join(", ", row.Tests.Select(test => $"`{test}`")),
    };

    private static void AppendFlagNames(StringBuilder page)
    {
        Line(page, "");
        Line(page, $"Names of etcd 3.5 with the prefix `--{RenamedFlags.ExperimentalPrefix}` mean the flags and feature gates that they became. Only warned about, as by etcd: {string.Join(", ", FlagTable.Legacy.Order(StringComparer.Ordinal).Select(name => $"`--{name}`"))}.");
        Line(page, "");
        Line(page, "| Feature gate | Default | Here |");
        Line(page, "|---|---|---|");
        foreach (var gate in FeatureGates.All)
            Line(page, $"| `{gate.Name}` | `{(gate.Default ? "true" : "false")}` | {(gate.Note.Length == 0 ? "effective" : $"accepted without effect: {gate.Note}")} |");
    }

    private static void AppendDifferences(StringBuilder page)
    {
        var notes = File.ReadAllText(Path.Combine(Checkout.Root, "docs/testing/differential.md"));
        var start = notes.IndexOf(DifferencesHeading, StringComparison.Ordinal);
        Assert.True(start >= 0, "docs/testing/differential.md has the list of differences by design");
        var end = notes.IndexOf("\n## ", start + DifferencesHeading.Length, StringComparison.Ordinal);
        page.AppendLine();
        page.AppendLine("## Differences by design");
        page.Append(notes.AsSpan(start + DifferencesHeading.Length, (end < 0 ? notes.Length : end) - start - DifferencesHeading.Length));
    }

    private static void Line(StringBuilder page, FormattableString line) => page.AppendLine(line.ToString(CultureInfo.InvariantCulture));

    private static void Line(StringBuilder page, string line) => page.AppendLine(line);
}
