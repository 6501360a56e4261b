using System.Globalization;
using System.Text;
using KvStore.Benchmarks.Measures;
using KvStore.Testing.Processes;

namespace KvStore.Benchmarks.Report;

/// <summary>Writes the page of a command: the command itself, the machine, and tables of medians, ratios and targets.</summary>
internal static class MarkdownReport
{
    public static string Name(Unit unit) => unit switch
    {
        Unit.PerSecond => "/s",
        Unit.MegabytesPerSecond => "MB/s",
        Unit.Milliseconds => "ms",
        Unit.Megabytes => "MB",
        _ => "×",
    };

    public static async Task WriteAsync(BenchmarkOptions options, IReadOnlyList<ComparedRow> rows, IReadOnlyList<string> failed, TimeSpan took)
    {
        var version = await ChildProcess.RunAsync(options.EtcdPath, ["--version"]).ConfigureAwait(false);
        var text = new StringBuilder();
        text.AppendLine(options.IsLarge ? "# Benchmarks of large stores" : "# Benchmarks").AppendLine();
        Explain(text, options);
        text.AppendLine(CultureInfo.InvariantCulture, $"- etcd: {version.Output.Split('\n')[0]}");
        foreach (var line in Machine.Lines())
            text.AppendLine(CultureInfo.InvariantCulture, $"- {line}");
        text.AppendLine(CultureInfo.InvariantCulture, $"- time of the whole run: {took.TotalMinutes:0.#} minutes");
        var targets = rows.SelectMany(row => row.Row.Targets.Select(target => row.Meets(target))).ToList();
        text.AppendLine(CultureInfo.InvariantCulture, $"- targets met: {targets.Count(met => met)} of {targets.Count}");
        foreach (var failure in failed)
            text.AppendLine(CultureInfo.InvariantCulture, $"- could not be measured: {failure}");
        text.AppendLine();
        foreach (var group in rows.GroupBy(row => row.Group.Title))
            await GroupAsync(text, options, group.Key, [.. group]).ConfigureAwait(false);

        if (!options.IsLarge)
            text.AppendLine(CultureInfo.InvariantCulture, $"Stores of ten million keys and of fifty gigabytes: `./build.sh bench large` writes {LargePage()}.").AppendLine();

        // Why a row is as it is, is written by hand.
        var notes = Path.Combine(Checkout.Root, options.IsLarge ? "docs/benchmark-large-notes.md" : "docs/benchmark-notes.md");
        if (File.Exists(notes))
            text.Append(await File.ReadAllTextAsync(notes).ConfigureAwait(false));
        await File.WriteAllTextAsync(options.OutputPath, text.ToString()).ConfigureAwait(false);
    }

    // A link once there is something behind it.
    private static string LargePage() =>
        File.Exists(Path.Combine(Checkout.Root, "docs/BENCHMARKS-LARGE.md")) ? "[BENCHMARKS-LARGE.md](BENCHMARKS-LARGE.md)" : "`docs/BENCHMARKS-LARGE.md`";

    private static void Explain(StringBuilder text, BenchmarkOptions options)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"Made by `./build.sh bench {options.Command}--rounds {options.Rounds} --seconds {options.Duration.TotalSeconds} --warm-up {options.WarmUp.TotalSeconds}`. Client and servers share the machine, in clear text, every write synced on both sides.");
        text.AppendLine(CultureInfo.InvariantCulture, $"{(options.IsLarge ? "A group's servers live through its rows" : "Rows of one or three members have servers of their own with 10,000 keys of 256 B, rows of watchers and leases such servers in each round, the others share theirs")}; the two sides in turn, {options.Duration.TotalSeconds:0.#} s each");
        text.AppendLine(CultureInfo.InvariantCulture, $"after {options.WarmUp.TotalSeconds:0.#} s of the same load ({options.FirstWarmUp.TotalSeconds:0.#} s and then {options.AgainWarmUp.TotalSeconds:0.#} s where servers live through a row), as many rounds as the row says; medians, etcd first. The spread is half the distance between the least and the greatest round, in percent of the median.");
        text.AppendLine("CPU is the servers' own per operation, all members together; the peak is the largest resident set of any member. `kvctl bench` makes the same loads, unless a row names h2load,");
        text.AppendLine("which costs so little that the server is what is measured.").AppendLine();
    }

    private static async Task GroupAsync(StringBuilder text, BenchmarkOptions options, string title, IReadOnlyList<ComparedRow> rows)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"## {title}").AppendLine();
        if (rows.Any(row => row.TimesBetter > 0))
            text.AppendLine(CultureInfo.InvariantCulture, $"![{title}: times better than etcd]({await ChartAsync(options, title, rows).ConfigureAwait(false)})").AppendLine();
        text.AppendLine("| Work | unit | rounds | etcd | KvStore | ratio | spread % | median µs | p99 µs | p99.9 µs | CPU µs per op | peak MB | target |");
        text.AppendLine("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|");
        foreach (var row in rows)
            text.AppendLine(Line(row));
        text.AppendLine();
    }

    /// <summary>Next to the page; the path from it.</summary>
    private static async Task<string> ChartAsync(BenchmarkOptions options, string title, IReadOnlyList<ComparedRow> rows)
    {
        var name = $"benchmarks/{title.ToLowerInvariant().Replace(",", "", StringComparison.Ordinal).Replace(' ', '-')}.svg";
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(options.OutputPath))!, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, RatioChart.Of(title, rows)).ConfigureAwait(false);
        return name;
    }

    private static string Line(ComparedRow row)
    {
        var note = row.Row.Note.Length > 0 ? $" ({row.Row.Note})" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"| {row.Row.Name}{note} | {Name(row.Row.Unit)} | {Math.Max(row.EtcdRuns.Count, row.OurRuns.Count)} | {Side(row.EtcdRuns, row.Etcd, run => run.Figure)} | {Side(row.OurRuns, row.Ours, run => run.Figure)} | **{Times(row.Value(Aspect.Ratio))}** | {Spread(row.EtcdRuns)} / {Spread(row.OurRuns)} | {Both(row, run => run.MedianMicros)} | {Both(row, run => run.P99Micros)} | {Both(row, run => run.P999Micros)} | {Both(row, run => run.CpuMicros)} | {Both(row, run => run.PeakMegabytes)} | {string.Join("; ", row.Row.Targets.Select(target => Judged(row, target)))} |{Failures(row)}");
    }

    private static string Judged(ComparedRow row, Target target)
    {
        var value = row.Value(target.Aspect);
        var shown = target.Aspect switch
        {
            Aspect.Figure => "",
            Aspect.Growth or Aspect.Peak => string.Create(CultureInfo.InvariantCulture, $" ({value:n0})"),
            _ => string.Create(CultureInfo.InvariantCulture, $" ({value:f2})"),
        };
        return $"{target.Text}: {(row.Meets(target) ? "met" : "missed")}{shown}";
    }

    private static string Both(ComparedRow row, Func<Measurement, double?> figure) =>
        row.EtcdRuns.Concat(row.OurRuns).All(run => figure(run) is null) ? "–" : $"{Side(row.EtcdRuns, row.Etcd, figure)} / {Side(row.OurRuns, row.Ours, figure)}";

    // A side that could not be measured has no figure, which is not the same as 0.
    private static string Side(IReadOnlyList<Measurement> runs, Func<Func<Measurement, double?>, double> median, Func<Measurement, double?> figure) =>
        runs.Any(run => figure(run) is not null) ? Figure(median(figure)) : "–";

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

    private static string Spread(IReadOnlyList<Measurement> runs) =>
        runs.Count <= 1 ? "–" : ComparedRow.SpreadPercent(runs).ToString("f0", CultureInfo.InvariantCulture);

    // Some rows differ by a factor of a thousand.
    private static string Times(double ratio) => ratio == 0 ? "–" : ratio.ToString(ratio is > 0 and < 0.1 ? "g2" : "f2", CultureInfo.InvariantCulture);
}
