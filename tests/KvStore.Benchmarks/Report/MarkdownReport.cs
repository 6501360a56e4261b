using System.Globalization;
using System.Text;
using KvStore.Testing.Processes;

namespace KvStore.Benchmarks.Report;

/// <summary>Writes docs/BENCHMARKS.md: the command, the machine, and a table of medians and ratios.</summary>
internal static class MarkdownReport
{
    public static async Task WriteAsync(BenchmarkOptions options, IReadOnlyList<ComparedRow> rows)
    {
        var version = await ChildProcess.RunAsync(options.EtcdPath, ["--version"]).ConfigureAwait(false);
        var text = new StringBuilder();
        text.AppendLine("# Benchmarks").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Made by `./build.sh bench --rounds {options.Rounds} --seconds {options.Duration.TotalSeconds} --warm-up {options.WarmUp.TotalSeconds}`. Client and server share the machine; a row is measured on fresh servers with 10,000 keys of 256 B,");
        text.AppendLine(CultureInfo.InvariantCulture, $"the two sides in turn, {options.Rounds} rounds of {options.Duration.TotalSeconds:f0} s each after {options.WarmUp.TotalSeconds:f0} s of the same load; medians. CPU is the servers' own per operation, all members together.");
        text.AppendLine("The load generator is this project's client unless the row names h2load, which costs so little that the server is what is measured.").AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"- etcd: {version.Output.Split('\n')[0]}");
        text.AppendLine(CultureInfo.InvariantCulture, $"- machine: {Environment.ProcessorCount} cores, {Processor()}, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB").AppendLine();
        foreach (var group in rows.GroupBy(row => row.Row.Members))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"## {group.Key} member{(group.Key == 1 ? "" : "s")}").AppendLine();
            text.AppendLine("| Work | etcd /s | KvStore /s | ratio | spread % | median µs | p99 µs | CPU µs per op | peak MB |");
            text.AppendLine("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
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

    private static string Line(ComparedRow row) => string.Create(CultureInfo.InvariantCulture,
        $"| {row.Row.Name} | {row.Etcd(r => r.PerSecond):n0} | {row.Ours(r => r.PerSecond):n0} | **{row.Ratio(r => r.PerSecond):f2}** | {ComparedRow.SpreadPercent(row.EtcdRuns):f0} / {ComparedRow.SpreadPercent(row.OurRuns):f0} | {row.Etcd(r => r.MedianMicros):n0} / {row.Ours(r => r.MedianMicros):n0} | {P99(row)} | {row.Etcd(r => r.ServerCpuMicros):f1} / {row.Ours(r => r.ServerCpuMicros):f1} | {row.Etcd(r => r.PeakMemoryMegabytes):f0} / {row.Ours(r => r.PeakMemoryMegabytes):f0} |{Failures(row)}");

    // h2load gives a mean, no quantiles.
    private static string P99(ComparedRow row) => row.Row.ByH2Load
        ? "–"
        : string.Create(CultureInfo.InvariantCulture, $"{row.Etcd(r => r.P99Micros):n0} / {row.Ours(r => r.P99Micros):n0}");

    private static string Failures(ComparedRow row)
    {
        var (etcd, ours) = (row.EtcdRuns.Sum(r => r.Failures), row.OurRuns.Sum(r => r.Failures));
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
