namespace KvStore.Benchmarks.Load;

/// <summary>One run: operations a second, latencies in microseconds, and the server's processor time per operation in microseconds.</summary>
internal sealed record LoadResult(double PerSecond, double MedianMicros, double P99Micros, double ServerCpuMicros, double PeakMemoryMegabytes, long Failures);
