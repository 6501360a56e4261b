using KvStore.Benchmarks;

return await Comparison.RunAsync(args).ConfigureAwait(false);
