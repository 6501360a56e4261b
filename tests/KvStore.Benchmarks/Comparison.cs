using System.Diagnostics;
using System.Globalization;
using KvStore.Benchmarks.Load;
using KvStore.Benchmarks.Measures;
using KvStore.Benchmarks.Report;
using KvStore.Benchmarks.Rows;
using KvStore.Benchmarks.Servers;
using KvStore.Grpc;

namespace KvStore.Benchmarks;

/// <summary>Runs every row on both sides, turn by turn on the same disk, and writes the medians beside each other. One run per instance.</summary>
internal sealed class Comparison(BenchmarkOptions options)
{
    private readonly List<ComparedRow> _results = [];
    private readonly List<string> _failed = [];
    private readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>The exit code: 0 when every row has its figures.</summary>
    public async Task<int> RunAsync(IEnumerable<RowGroup> groups)
    {
        foreach (var group in groups)
        {
            await (group.Keeping switch
            {
                Keeping.None => FreshAsync(group),
                Keeping.Row => RowByRowAsync(group),
                Keeping.BothSides => KeptAsync(group),
                _ => SideAfterSideAsync(group),
            }).ConfigureAwait(false);
        }

        foreach (var failure in _failed)
            await Console.Error.WriteLineAsync(failure).ConfigureAwait(false);
        return _failed.Count == 0 ? 0 : 1;
    }

    private async Task FreshAsync(RowGroup group)
    {
        foreach (var row in group.Rows.Where(row => IsWanted(group, row)))
        {
            await CompareAsync(group, row, async program =>
            {
                using var cluster = await StartAsync(group, program).ConfigureAwait(false);
                await cluster.FillAsync(CallRows.Filled).ConfigureAwait(false);
                return await row.RunAsync(RunOf(group, cluster)).ConfigureAwait(false);
            }).ConfigureAwait(false);
        }
    }

    private async Task RowByRowAsync(RowGroup group)
    {
        foreach (var row in group.Rows.Where(row => IsWanted(group, row)))
        {
            using var etcd = await StartAsync(group, options.EtcdPath).ConfigureAwait(false);
            using var ours = await StartAsync(group, options.ServerPath).ConfigureAwait(false);
            HashSet<MeasuredCluster> warm = [];
            await CompareAsync(group, row, async program =>
            {
                var cluster = program == options.EtcdPath ? etcd : ours;
                var isFirst = warm.Add(cluster);
                if (isFirst)
                    await cluster.FillAsync(CallRows.Filled).ConfigureAwait(false);
                var run = RunOf(group, cluster);
                return await row.RunAsync(run with { Options = options with { WarmUp = isFirst ? options.FirstWarmUp : options.AgainWarmUp } }).ConfigureAwait(false);
            }).ConfigureAwait(false);
        }
    }

    /// <summary>Rows build on what earlier ones wrote: all of them, or none.</summary>
    private async Task KeptAsync(RowGroup group)
    {
        if (!group.Rows.Any(row => IsWanted(group, row)))
            return;
        using var etcd = await StartAsync(group, options.EtcdPath).ConfigureAwait(false);
        using var ours = await StartAsync(group, options.ServerPath).ConfigureAwait(false);
        foreach (var row in group.Rows)
            await CompareAsync(group, row, program => row.RunAsync(RunOf(group, program == options.EtcdPath ? etcd : ours))).ConfigureAwait(false);
    }

    /// <summary>All rows, or none. A side that fails has no figures from there on, and the other is measured.</summary>
    private async Task SideAfterSideAsync(RowGroup group)
    {
        if (!group.Rows.Any(row => IsWanted(group, row)))
            return;
        var measured = new Dictionary<(string Program, Row Row), Measurement>();
        foreach (var program in new[] { options.EtcdPath, options.ServerPath })
        {
            using var cluster = await StartAsync(group, program).ConfigureAwait(false);
            foreach (var row in group.Rows)
            {
                if (await MeasuredAsync(group, row, () => row.RunAsync(RunOf(group, cluster))).ConfigureAwait(false) is not { } measurement)
                    break;
                measured[(program, row)] = measurement;
            }
        }

        foreach (var row in group.Rows)
        {
            IReadOnlyList<Measurement> Runs(string program) => measured.TryGetValue((program, row), out var found) ? [found] : [];
            await ShowAsync(new ComparedRow(group, row, Runs(options.EtcdPath), Runs(options.ServerPath))).ConfigureAwait(false);
        }
    }

    private static Task<MeasuredCluster> StartAsync(RowGroup group, string program) => MeasuredCluster.StartAsync(program, group.Members, group.MemoryBytes);

    private async Task CompareAsync(RowGroup group, Row row, Func<string, Task<Measurement>> measure)
    {
        if (await MeasuredAsync(group, row, () => RoundsAsync(group, row, measure)).ConfigureAwait(false) is { } compared)
            await ShowAsync(compared).ConfigureAwait(false);
        else
            await WriteAsync().ConfigureAwait(false);
    }

    /// <summary>A row that cannot be measured (null) is said, and the others are measured: a run takes half an hour.</summary>
    private async Task<T?> MeasuredAsync<T>(RowGroup group, Row row, Func<Task<T>> measure) where T : class
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            return await measure().ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is InvalidOperationException or GrpcException or TimeoutException or IOException or OperationCanceledException)
        {
            _failed.Add($"{group.Title}: {row.Name}: {failed.Message.ReplaceLineEndings(" ").Trim()}");
            return null;
        }
        finally
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{group.Title}: {row.Name}: {Stopwatch.GetElapsedTime(began).TotalSeconds:f0} s"));
        }
    }

    private async Task ShowAsync(ComparedRow compared)
    {
        _results.Add(compared);
        Console.WriteLine(Line(compared));
        await WriteAsync().ConfigureAwait(false);
    }

    // After each row: who stops a long run keeps what it has shown.
    private Task WriteAsync() => MarkdownReport.WriteAsync(options, _results, _failed, Stopwatch.GetElapsedTime(_started));

    private async Task<ComparedRow> RoundsAsync(RowGroup group, Row row, Func<string, Task<Measurement>> measure)
    {
        List<Measurement> etcd = [], ours = [];
        for (var round = 0; round < Math.Min(options.Rounds, row.RoundsMax ?? int.MaxValue); round++)
        {
            if (round > 0 && !options.IsLarge && Stopwatch.GetElapsedTime(_started) > options.RoundsLimit)
                break;
            // The order changes every round, so that neither side always has the warmer machine.
            if (round % 2 == 0)
                etcd.Add(await measure(options.EtcdPath).ConfigureAwait(false));
            ours.Add(await measure(options.ServerPath).ConfigureAwait(false));
            if (round % 2 != 0)
                etcd.Add(await measure(options.EtcdPath).ConfigureAwait(false));
        }

        return new ComparedRow(group, row, etcd, ours);
    }

    private static string Line(ComparedRow compared) => string.Create(CultureInfo.InvariantCulture,
        $"  {compared.Row.Name}: etcd {compared.Etcd(run => run.Figure):n1}, kvstore {compared.Ours(run => run.Figure):n1} {MarkdownReport.Name(compared.Row.Unit)}, ratio {compared.Value(Aspect.Ratio):f2}; cpu {compared.Etcd(run => run.CpuMicros):f1} / {compared.Ours(run => run.CpuMicros):f1} us; p99 {compared.Etcd(run => run.P99Micros):n0} / {compared.Ours(run => run.P99Micros):n0} us");

    private bool IsWanted(RowGroup group, Row row) =>
        $"{group.Title}: {row.Name}".Contains(options.Only, StringComparison.Ordinal) &&
        (!row.Name.Contains("h2load", StringComparison.Ordinal) || H2Load.Program() is not null);

    private RowRun RunOf(RowGroup group, MeasuredCluster cluster) => new(cluster, options, name =>
        _results.FirstOrDefault(result => result.Group == group && result.Row.Name == name)?.Etcd(run => run.Figure)
            ?? throw new InvalidOperationException($"this row needs the row '{name}' to be measured before it"));
}
