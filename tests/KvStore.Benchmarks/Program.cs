using KvStore.Benchmarks;

return await BenchmarkOptions.Parse(args).RunAsync().ConfigureAwait(false);
