using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using KvStore.Testing.Processes;
using Perfolizer.Horology;

namespace KvStore.Benchmarks.Inner;

/// <summary>
/// The command <c>inner</c>: pieces of the hot paths alone, in this process, beside what was kept of them. <c>--write</c> keeps what it
/// finds; <c>--only TEXT</c> leaves out the other pieces.
/// </summary>
internal static class InnerRun
{
    private static readonly Type[] Suites = [typeof(LogEncoding), typeof(KeyIndex), typeof(RequestDecoding), typeof(Checksums), typeof(FrameWalking)];

    /// <summary>0 when nothing is worse than what was kept.</summary>
    public static int Run(IReadOnlyList<string> arguments)
    {
        var only = arguments.SkipWhile(word => word != "--only").Skip(1).FirstOrDefault("");
        var found = Suites.SelectMany(suite => Pieces(BenchmarkRunner.Run(suite, Config(only)))).ToList();
        var kept = Baseline.Read();
        var isWorse = false;
        foreach (var piece in found)
        {
            var (line, worse) = Baseline.Judge(piece, kept.GetValueOrDefault(piece.Name));
            Console.WriteLine(line);
            isWorse |= worse;
        }

        if (!arguments.Contains("--write"))
            return isWorse ? 1 : 0;
        Baseline.Write(kept.Values.ExceptBy(found.Select(piece => piece.Name), piece => piece.Name).Concat(found).OrderBy(piece => piece.Name, StringComparer.Ordinal));
        return 0;
    }

    private static IEnumerable<Piece> Pieces(Summary summary) => summary.Reports.Select(report => new Piece(
        $"{report.BenchmarkCase.Descriptor.Type.Name}.{report.BenchmarkCase.Descriptor.WorkloadMethod.Name}",
        report.ResultStatistics?.Median ?? throw new InvalidOperationException($"{report.BenchmarkCase.DisplayInfo} has no result"),
        report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0));

    // In this process: the usual way writes a project and builds it, which needs the network. Ten iterations of 200 ms are a minute for all.
    private static ManualConfig Config(string only) => ManualConfig.CreateEmpty()
        .AddJob(Job.Default.WithRuntime(CoreRuntime.Core10_0).WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(3).WithIterationCount(10).WithIterationTime(TimeInterval.FromMilliseconds(200)))
        .AddLogger(NullLogger.Instance)
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddFilter(new BenchmarkDotNet.Filters.SimpleFilter(benchmark =>
            $"{benchmark.Descriptor.Type.Name}.{benchmark.Descriptor.WorkloadMethod.Name}".Contains(only, StringComparison.Ordinal)))
        .WithArtifactsPath(Path.Combine(Checkout.Root, ".cache/inner-benchmarks"));
}
