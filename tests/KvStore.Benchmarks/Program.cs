using KvStore.Benchmarks;
using KvStore.Benchmarks.Breakdown;
using KvStore.Benchmarks.Inner;

// build.sh says which server before the command.
return args switch
{
    ["inner", .. var rest] => InnerRun.Run(rest),
    ["--server", var server, "breakdown", .. var rest] => await new BreakdownRun(BenchmarkOptions.Parse(["--server", server, .. rest])).RunAsync().ConfigureAwait(false),
    ["breakdown", .. var rest] => await new BreakdownRun(BenchmarkOptions.Parse(rest)).RunAsync().ConfigureAwait(false),
    _ => await BenchmarkOptions.Parse(args).RunAsync().ConfigureAwait(false),
};
