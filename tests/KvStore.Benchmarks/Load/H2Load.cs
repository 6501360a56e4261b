using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf;
using KvStore.Benchmarks.Measures;
using KvStore.Benchmarks.Rows;
using KvStore.Testing.Processes;

namespace KvStore.Benchmarks.Load;

/// <summary>nghttp2's load generator with a framed request body: so cheap that the server, not the client, is measured.</summary>
internal static partial class H2Load
{
    private static readonly (int Connections, int Streams) Many = (20, 25);
    private static readonly (int Connections, int Streams) Lone = (1, 1);

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

    /// <summary>The rate of one request, sent over and over to the first member, 500 at once.</summary>
    public static Task<Measurement> RateAsync(RowRun run, string path, IMessage request) => RunAsync(run, path, request, Many, timesFile: null);

    /// <summary>The same one after the other, with the percentiles of what each took.</summary>
    public static async Task<Measurement> LoneAsync(RowRun run, string path, IMessage request)
    {
        var timesFile = Path.Combine(run.Cluster.Folder, "times");
        var found = await RunAsync(run, path, request, Lone, timesFile).ConfigureAwait(false);
        // A line for each request: when it began, its status, and the microseconds it took.
        var times = (await File.ReadAllLinesAsync(timesFile).ConfigureAwait(false)).Select(line => long.Parse(line.Split('\t')[2], CultureInfo.InvariantCulture)).Order().ToList();
        File.Delete(timesFile);
        double At(double percent) => times[Math.Min(times.Count - 1, (int)(times.Count * percent / 100))];
        return found with { MedianMicros = At(50), P99Micros = At(99), P999Micros = At(99.9) };
    }

    private static async Task<Measurement> RunAsync(RowRun run, string path, IMessage request, (int Connections, int Streams) load, string? timesFile)
    {
        var bodyFile = Path.Combine(run.Cluster.Folder, "body");
        WriteBody(bodyFile, request.ToByteArray());
        var url = $"http://{run.Cluster.Endpoints[0]}{path}";
        await OnceAsync(url, bodyFile, run.Options.WarmUp, load, timesFile: null).ConfigureAwait(false);
        var cpu = new CpuMeter(run.Cluster);
        cpu.Note(begins: true);
        var output = await OnceAsync(url, bodyFile, run.Options.Duration, load, timesFile).ConfigureAwait(false);
        cpu.Note(begins: false);
        var done = long.Parse(Succeeded().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        var failed = long.Parse(Failed().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        var mean = MeanTime().Match(output);
        return new Measurement
        {
            Figure = done / (double)Seconds(run.Options.Duration),
            // A mean; h2load gives no percentiles.
            MedianMicros = Micros(mean.Groups[1].Value, mean.Groups[2].Value),
            CpuMicros = cpu.MicrosFor(done),
            PeakMegabytes = run.Cluster.PeakMemoryMegabytes(),
            Failures = failed,
        };
    }

    /// <summary>A request in its gRPC frame: no compression, length, message.</summary>
    private static void WriteBody(string path, byte[] message)
    {
        var frame = new byte[5 + message.Length];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        File.WriteAllBytes(path, frame);
    }

    private static async Task<string> OnceAsync(string url, string bodyFile, TimeSpan duration, (int Connections, int Streams) load, string? timesFile)
    {
        var environment = new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = Path.Combine(Folder, "usr/lib/x86_64-linux-gnu") };
        var result = await ChildProcess.RunAsync(Program()!,
        [
            "-D", Seconds(duration).ToString(CultureInfo.InvariantCulture),
            "-c", load.Connections.ToString(CultureInfo.InvariantCulture), "-m", load.Streams.ToString(CultureInfo.InvariantCulture),
            "-t", "1", "-d", bodyFile, "-H", "content-type: application/grpc", "-H", "te: trailers",
            .. timesFile is null ? Array.Empty<string>() : [$"--log-file={timesFile}"],
            url,
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
