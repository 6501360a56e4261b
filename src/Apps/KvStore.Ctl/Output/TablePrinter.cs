using KvStore.Node.Snapshots;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Output;

/// <summary>Boxed tables, for the answers that are lists of members or endpoints.</summary>
internal sealed class TablePrinter(TextWriter output) : Printer(output)
{
    protected override string Format => "table";

    public override void MemberList(MemberListResponse answer) => Table(Rows.MemberHeads, answer.Members.Select(Rows.Of));

    public override void EndpointHealth(IReadOnlyList<EndpointHealth> endpoints, TextWriter errors) => Table(Rows.HealthHeads, endpoints.Select(Rows.Of));

    public override void EndpointStatus(IReadOnlyList<EndpointStatus> endpoints) => Table(Rows.StatusHeads, endpoints.Select(Rows.Of));

    public override void EndpointHash(IReadOnlyList<EndpointHash> endpoints) => Table(Rows.HashHeads, endpoints.Select(Rows.Of));

    public override void SnapshotHash(SnapshotHash hash) => Table(Rows.SnapshotHashHeads, [Rows.Of(hash)]);

    public override void Snapshot(SnapshotStatus status) => Table(Rows.SnapshotHeads, [Rows.Of(status)]);

    private void Table(string[] heads, IEnumerable<string[]> cells)
    {
        var rows = cells.ToList();
        // Underscores become spaces in a head, as in Go's tablewriter.
        var shown = heads.Select(head => head.ToUpperInvariant().Replace('_', ' ')).ToArray();
        var widths = shown.Select((head, column) => rows.Select(row => Width(row[column])).Append(head.Length).Max()).ToArray();
        Rule(widths, "┌", "┬", "┐");
        Row(shown, widths, Centered);
        Rule(widths, "├", "┼", "┤");
        foreach (var row in rows)
            Row(row, widths, (text, width) => new string(' ', width - Width(text)) + text);
        Rule(widths, "└", "┴", "┘");
    }

    private void Rule(int[] widths, string left, string cross, string right) =>
        Line(GoText.Of(left + string.Join(cross, widths.Select(width => string.Concat(Enumerable.Repeat("─", width + 2)))) + right));

    private void Row(string[] cells, int[] widths, Func<string, int, string> align)
    {
        var bar = GoText.Of("│");
        Line($"{bar} {string.Join($" {bar} ", cells.Select((cell, column) => align(cell, widths[column])))} {bar}");
    }

    private static string Centered(string text, int width)
    {
        var left = (width - text.Length) / 2;
        return new string(' ', left) + text + new string(' ', width - text.Length - left);
    }

    private static int Width(string text) => GoText.ToUnicode(text).EnumerateRunes().Count();
}
