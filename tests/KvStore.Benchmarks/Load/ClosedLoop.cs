using System.Diagnostics;
using KvStore.Benchmarks.Servers;
using KvStore.Grpc;
using KvStore.Grpc.Client;

namespace KvStore.Benchmarks.Load;

/// <summary>Clients that each send the next request when the last was answered, spread over connections and members.</summary>
internal static class ClosedLoop
{
    public static async Task<LoadResult> RunAsync(MeasuredCluster cluster, Operation operation, int clients, int connections, BenchmarkOptions options)
    {
        var channels = Enumerable.Range(0, connections)
            .Select(i => new GrpcChannel("http://" + cluster.Endpoints[i % cluster.Endpoints.Count]))
            .ToArray();
        try
        {
            await PhaseAsync(channels, operation, clients, options.WarmUp).ConfigureAwait(false);
            var cpuBefore = cluster.CpuTime();
            var started = Stopwatch.GetTimestamp();
            var recorders = await PhaseAsync(channels, operation, clients, options.Duration).ConfigureAwait(false);
            var elapsed = Stopwatch.GetElapsedTime(started);
            var cpu = cluster.CpuTime() - cpuBefore;
            var latencies = recorders.SelectMany(recorder => recorder.Ticks).ToArray();
            Array.Sort(latencies);
            return new LoadResult(
                latencies.Length / elapsed.TotalSeconds, Micros(latencies, 0.5), Micros(latencies, 0.99),
                cpu.TotalMicroseconds / Math.Max(latencies.Length, 1), cluster.PeakMemoryMegabytes(), recorders.Sum(recorder => recorder.Failures));
        }
        finally
        {
            foreach (var channel in channels)
                channel.Dispose();
        }
    }

    private static Task<Recorder[]> PhaseAsync(GrpcChannel[] channels, Operation operation, int clients, TimeSpan duration)
    {
        var end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        return Task.WhenAll(Enumerable.Range(0, clients).Select(i => Task.Run(() => ClientAsync(channels[i % channels.Length], new Requests(operation, (ulong)i + 1), end))));
    }

    private static async Task<Recorder> ClientAsync(GrpcChannel channel, Requests requests, long end)
    {
        var recorder = new Recorder();
        while (true)
        {
            var begin = Stopwatch.GetTimestamp();
            if (begin >= end)
                return recorder;
            try
            {
                await channel.UnaryAsync(requests.Path, requests.Next()).ConfigureAwait(false);
                recorder.Ticks.Add(Stopwatch.GetTimestamp() - begin);
            }
            catch (GrpcException)
            {
                recorder.Failures++;
            }
        }
    }

    private static double Micros(long[] sorted, double quantile) =>
        sorted.Length == 0 ? 0 : sorted[(int)(quantile * (sorted.Length - 1))] * 1e6 / Stopwatch.Frequency;

    private sealed class Recorder
    {
        public List<long> Ticks { get; } = new(4096);

        public long Failures { get; set; }
    }
}
