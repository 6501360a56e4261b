using System.Globalization;
using System.Text;
using KvStore.Benchmarks.Measures;
using KvStore.Testing.Processes;

namespace KvStore.Benchmarks.Report;

/// <summary>Writes docs/BENCHMARKS.md: the command, the machine, and tables of medians, ratios and targets.</summary>
internal static class MarkdownReport
{
    public static string Name(Unit unit) => unit switch
    {
        Unit.PerSecond => "/s",
        Unit.Milliseconds => "ms",
        Unit.Megabytes => "MB",
        _ => "×",
    };

    public static async Task WriteAsync(BenchmarkOptions options, IReadOnlyList<ComparedRow> rows)
    {
        var version = await ChildProcess.RunAsync(options.EtcdPath, ["--version"]).ConfigureAwait(false);
        var text = new StringBuilder();
        text.AppendLine("# Benchmarks").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Made by `./build.sh bench --rounds {options.Rounds} --seconds {options.Duration.TotalSeconds} --warm-up {options.WarmUp.TotalSeconds}`. Client and servers share the machine, in clear text, every write synced on both sides.");
        text.AppendLine(CultureInfo.InvariantCulture, $"A row is measured on fresh servers with 10,000 keys of 256 B unless its group says otherwise, the two sides in turn, {options.Rounds} rounds (or as many as the row says) of {options.Duration.TotalSeconds:0.#} s each");
        text.AppendLine(CultureInfo.InvariantCulture, $"after {options.WarmUp.TotalSeconds:0.#} s of the same load; medians, etcd first. CPU is the servers' own per operation, all members together. `kvctl bench` makes the same loads, unless a row names h2load,");
        text.AppendLine("which costs so little that the server is what is measured.").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"- etcd: {version.Output.Split('\n')[0]}");
        text.AppendLine(CultureInfo.InvariantCulture, $"- machine: {Environment.ProcessorCount} cores, {Processor()}, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB");
        var targets = rows.SelectMany(row => row.Row.Targets.Select(target => target.IsMet(row.Value(target.Aspect)))).ToList();
        text.AppendLine(CultureInfo.InvariantCulture, $"- targets met: {targets.Count(met => met)} of {targets.Count}").AppendLine();
        foreach (var group in rows.GroupBy(row => row.Group.Title))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"## {group.Key}").AppendLine();
            text.AppendLine("| Work | unit | etcd | KvStore | ratio | spread % | median µs | p99 µs | p99.9 µs | CPU µs per op | peak MB | target |");
            text.AppendLine("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|");
            foreach (var row in group)
                text.AppendLine(Line(row));
            text.AppendLine();
        }

        // Why a row is as it is, is written by hand.
        var notes = Path.Combine(Checkout.Root, "docs/benchmark-notes.md");
        if (File.Exists(notes))
            text.Append(await File.ReadAllTextAsync(notes).ConfigureAwait(false));
        await File.WriteAllTextAsync(options.OutputPath, text.ToString()).ConfigureAwait(false);
    }

    private static string Line(ComparedRow row)
    {
        var note = row.Row.Note.Length > 0 ? $" ({row.Row.Note})" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"| {row.Row.Name}{note} | {Name(row.Row.Unit)} | {Figure(row.Etcd(run => run.Figure))} | {Figure(row.Ours(run => run.Figure))} | **{row.Value(Aspect.Ratio):f2}** | {ComparedRow.SpreadPercent(row.EtcdRuns):f0} / {ComparedRow.SpreadPercent(row.OurRuns):f0} | {Both(row, run => run.MedianMicros)} | {Both(row, run => run.P99Micros)} | {Both(row, run => run.P999Micros)} | {Both(row, run => run.CpuMicros)} | {Both(row, run => run.PeakMegabytes)} | {string.Join("; ", row.Row.Targets.Select(target => Judged(row, target)))} |{Failures(row)}");
    }

    private static string Judged(ComparedRow row, Target target)
    {
        var value = row.Value(target.Aspect);
        return string.Create(CultureInfo.InvariantCulture, $"{target.Text}: {(target.IsMet(value) ? "met" : target.Aspect == Aspect.Figure ? "missed" : $"missed ({value:f2})")}");
    }

    private static string Both(ComparedRow row, Func<Measurement, double?> figure) =>
        row.EtcdRuns.Concat(row.OurRuns).All(run => figure(run) is null) ? "–" : $"{Figure(row.Etcd(figure))} / {Figure(row.Ours(figure))}";

    private static string Figure(double value) => value.ToString(value switch
    {
        < 10 => "f2",
        < 100 => "f1",
        _ => "n0",
    }, CultureInfo.InvariantCulture);

    private static string Failures(ComparedRow row)
    {
        var (etcd, ours) = (row.EtcdRuns.Sum(run => run.Failures), row.OurRuns.Sum(run => run.Failures));
        return etcd + ours == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" failures: {etcd} / {ours}");
    }

    private static string Processor()
    {
        var line = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line is null ? "unknown processor" : line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..];
    }
}
