using KvStore.Benchmarks;
using KvStore.Benchmarks.Inner;

return args is ["inner", .. var rest] ? InnerRun.Run(rest) : await BenchmarkOptions.Parse(args).RunAsync().ConfigureAwait(false);
