using System.Globalization;
using System.Text.RegularExpressions;
using KvStore.Benchmarks.Servers;
using KvStore.Testing.Processes;

namespace KvStore.Benchmarks.Load;

/// <summary>nghttp2's load generator with a framed request body: so cheap that the server, not the client, is measured.</summary>
internal static partial class H2Load
{
    private const int Connections = 20;
    private const int StreamsPerConnection = 25;

    private static string Folder => Environment.GetEnvironmentVariable("KVSTORE_H2LOAD_DIR") ?? Path.Combine(Checkout.Root, ".cache/h2load");

    /// <summary>The unpacked program, or the machine's own; null where there is neither.</summary>
    public static string? Program()
    {
        foreach (var path in new[] { Path.Combine(Folder, "usr/bin/h2load"), "/usr/bin/h2load" })
        {
            if (File.Exists(path))
                return path;
        }

        return null;
    }

    public static async Task<LoadResult> RunAsync(MeasuredCluster cluster, Operation operation, string bodyFile, BenchmarkOptions options)
    {
        await OnceAsync(cluster, operation, bodyFile, options.WarmUp).ConfigureAwait(false);
        var cpuBefore = cluster.CpuTime();
        var output = await OnceAsync(cluster, operation, bodyFile, options.Duration).ConfigureAwait(false);
        var cpu = cluster.CpuTime() - cpuBefore;
        var done = long.Parse(Succeeded().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        var failed = long.Parse(Failed().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        var mean = MeanTime().Match(output);
        return new LoadResult(done / (double)Seconds(options.Duration), Micros(mean.Groups[1].Value, mean.Groups[2].Value), 0,
            cpu.TotalMicroseconds / Math.Max(done, 1), cluster.PeakMemoryMegabytes(), failed);
    }

    /// <summary>A request in its gRPC frame: no compression, length, message.</summary>
    public static void WriteBody(string path, byte[] message)
    {
        var frame = new byte[5 + message.Length];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        File.WriteAllBytes(path, frame);
    }

    private static async Task<string> OnceAsync(MeasuredCluster cluster, Operation operation, string bodyFile, TimeSpan duration)
    {
        var environment = new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = Path.Combine(Folder, "usr/lib/x86_64-linux-gnu") };
        var result = await ChildProcess.RunAsync(Program()!,
        [
            "-D", Seconds(duration).ToString(CultureInfo.InvariantCulture),
            "-c", Connections.ToString(CultureInfo.InvariantCulture), "-m", StreamsPerConnection.ToString(CultureInfo.InvariantCulture),
            "-t", "1", "-d", bodyFile, "-H", "content-type: application/grpc", "-H", "te: trailers",
            $"http://{cluster.Endpoints[0]}{Requests.PathOf(operation)}",
        ], environment: environment).ConfigureAwait(false);
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException(result.Errors + result.Output);
    }

    // h2load counts in whole seconds.
    private static int Seconds(TimeSpan duration) => Math.Max(1, (int)Math.Round(duration.TotalSeconds));

    private static double Micros(string number, string unit) =>
        double.Parse(number, CultureInfo.InvariantCulture) * unit switch { "us" => 1, "ms" => 1e3, _ => 1e6 };

    [GeneratedRegex(@"(\d+) succeeded")]
    private static partial Regex Succeeded();

    [GeneratedRegex(@"(\d+) failed")]
    private static partial Regex Failed();

    // min, max, mean
    [GeneratedRegex(@"time for request:\s+\S+\s+\S+\s+([\d.]+)(us|ms|s)")]
    private static partial Regex MeanTime();
}
