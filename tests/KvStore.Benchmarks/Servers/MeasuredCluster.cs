using System.Globalization;
using KvStore.Benchmarks.Load;
using KvStore.Grpc.Client;
using KvStore.Testing.Processes;

namespace KvStore.Benchmarks.Servers;

/// <summary>A fresh cluster of one side, in clear text on loopback, whose processor time and memory are read from /proc.</summary>
internal sealed class MeasuredCluster : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly IReadOnlyList<ServerProcess> _members;

    private MeasuredCluster(string program, int members)
    {
        _members = members == 1
            ? [ServerProcess.OneMember(program, _folder.Combine("data"), "--log-level", "error")]
            : ServerProcess.Cluster(program, _folder.Path, members, "http", _ => ["--log-level", "error"]);
    }

    public IReadOnlyList<string> Endpoints => [.. _members.Select(member => member.Endpoint)];

    public string Folder => _folder.Path;

    public static async Task<MeasuredCluster> StartAsync(string program, int members)
    {
        var cluster = new MeasuredCluster(program, members);
        foreach (var member in cluster._members)
            member.Start();
        foreach (var member in cluster._members)
            await UntilHealthyAsync(member).ConfigureAwait(false);
        return cluster;
    }

    /// <summary>Writes every key of the key space once, so that reads find something and puts overwrite.</summary>
    public async Task FillAsync()
    {
        using var channel = new GrpcChannel("http://" + Endpoints[0]);
        var value = Requests.Value(0);
        await Parallel.ForEachAsync(Enumerable.Range(0, Requests.KeySpace), new ParallelOptions { MaxDegreeOfParallelism = 64 },
            async (number, cancellation) => await channel.UnaryAsync("/etcdserverpb.KV/Put",
                Requests.Encode(Operation.Put, Requests.Key(number), value), cancellationToken: cancellation).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>User and system time of all members (fields 14 and 15 of /proc/PID/stat, in clock ticks of 10 ms).</summary>
    public TimeSpan CpuTime()
    {
        long ticks = 0;
        foreach (var member in _members)
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{member.Process.Id}/stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            ticks += long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        }

        return TimeSpan.FromMilliseconds(ticks * 10);
    }

    /// <summary>The largest resident set of any member so far.</summary>
    public double PeakMemoryMegabytes() => _members.Max(member =>
    {
        var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{member.Process.Id}/status")).First(text => text.StartsWith("VmHWM", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    });

    public void Dispose()
    {
        foreach (var member in _members)
            member.Dispose();
        _folder.Dispose();
    }

    private static async Task UntilHealthyAsync(ServerProcess member)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await member.IsHealthyAsync().ConfigureAwait(false))
        {
            if (member.Process.HasExited)
                throw new InvalidOperationException($"{member.Name} ended:\n{member.Process.Errors}");
            await poll.WaitForNextTickAsync(limit.Token).ConfigureAwait(false);
        }
    }
}
