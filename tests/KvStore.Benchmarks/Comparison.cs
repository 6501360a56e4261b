using System.Globalization;
using KvStore.Benchmarks.Load;
using KvStore.Benchmarks.Report;
using KvStore.Benchmarks.Servers;

namespace KvStore.Benchmarks;

/// <summary>Runs every row on both sides, turn by turn on the same disk, and writes the medians beside each other.</summary>
internal static class Comparison
{
    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = BenchmarkOptions.Parse(arguments);
        var results = new List<ComparedRow>();
        foreach (var row in Row.All)
        {
            if (!row.Name.Contains(options.Only, StringComparison.Ordinal) || (row.ByH2Load && H2Load.Program() is null))
                continue;
            List<LoadResult> etcd = [], ours = [];
            for (var round = 0; round < options.Rounds; round++)
            {
                // The order changes every round, so that neither side always has the warmer machine.
                if (round % 2 == 0)
                    etcd.Add(await MeasureAsync(options.EtcdPath, row, options).ConfigureAwait(false));
                ours.Add(await MeasureAsync(options.ServerPath, row, options).ConfigureAwait(false));
                if (round % 2 != 0)
                    etcd.Add(await MeasureAsync(options.EtcdPath, row, options).ConfigureAwait(false));
            }

            var compared = new ComparedRow(row, etcd, ours);
            results.Add(compared);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{row.Members} member(s), {row.Name}: etcd {compared.Etcd(r => r.PerSecond):f0}/s, kvstore {compared.Ours(r => r.PerSecond):f0}/s, ratio {compared.Ratio(r => r.PerSecond):f2}; cpu {compared.Etcd(r => r.ServerCpuMicros):f1} / {compared.Ours(r => r.ServerCpuMicros):f1} us"));
            // After each row: who stops a long run keeps what it has shown.
            await MarkdownReport.WriteAsync(options, results).ConfigureAwait(false);
        }

        return 0;
    }

    private static async Task<LoadResult> MeasureAsync(string program, Row row, BenchmarkOptions options)
    {
        using var cluster = await MeasuredCluster.StartAsync(program, row.Members).ConfigureAwait(false);
        await cluster.FillAsync().ConfigureAwait(false);
        return await row.RunAsync(cluster, options).ConfigureAwait(false);
    }
}
