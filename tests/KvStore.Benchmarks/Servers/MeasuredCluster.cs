using System.Diagnostics;
using System.Globalization;
using KvStore.Benchmarks.Load;
using KvStore.Load.Loops;
using KvStore.Load.Workloads;
using KvStore.Testing.Processes;

namespace KvStore.Benchmarks.Servers;

/// <summary>A fresh cluster of one side, in clear text on loopback, whose processor time and memory are read from /proc.</summary>
internal sealed class MeasuredCluster : IDisposable
{
    // Errors only: neither side is to be measured by what it logs. The quota is the largest that etcd suggests.
    private static readonly string[] Flags = ["--log-level", "error", "--quota-backend-bytes", "8589934592"];

    private readonly TestFolder _folder = new();
    private readonly ServerProcess[] _members;

    private MeasuredCluster(string program, int members)
    {
        _members = members == 1
            ? [ServerProcess.OneMember(program, _folder.Combine("data"), Flags)]
            : ServerProcess.Cluster(program, _folder.Path, members, "http", _ => Flags);
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

    /// <summary>Writes every key of a space once, so that reads find something and puts overwrite; the time it took.</summary>
    public async Task<TimeSpan> FillAsync(KeySpace keys)
    {
        using var channels = new Channels(this, connections: 20, members: 1);
        var plan = new LoadPlan { Channels = channels.All, Clients = 200, Total = keys.Count };
        var result = await new LoadRun(new PutWorkload(keys, ClusterLoad.Options, isSequential: true), plan).RunAsync(CancellationToken.None).ConfigureAwait(false);
        return result.Done == keys.Count
            ? TimeSpan.FromSeconds(result.Seconds)
            : throw new InvalidOperationException($"only {result.Done} of {keys.Count} keys were written: {string.Join("; ", result.Failures.Keys)}");
    }

    /// <summary>Ends the only member in order and starts it on its data; the time until it answered.</summary>
    public async Task<TimeSpan> RestartAsync()
    {
        var member = _members[0];
        await member.TerminateAsync().ConfigureAwait(false);
        var started = Stopwatch.GetTimestamp();
        member.Start();
        await UntilHealthyAsync(member).ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(started);
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
    public double PeakMemoryMegabytes() => _members.Max(member => Status(member, "VmHWM"));

    /// <summary>The largest resident set of any member now.</summary>
    public double MemoryMegabytes() => _members.Max(member => Status(member, "VmRSS"));

    /// <summary>Peaks count from now on (/proc/PID/clear_refs).</summary>
    public void ForgetPeaks()
    {
        foreach (var member in _members)
            File.WriteAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{member.Process.Id}/clear_refs"), "5");
    }

    public void Dispose()
    {
        foreach (var member in _members)
            member.Dispose();
        _folder.Dispose();
    }

    private static double Status(ServerProcess member, string field)
    {
        var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{member.Process.Id}/status")).First(text => text.StartsWith(field, StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    private static async Task UntilHealthyAsync(ServerProcess member)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await member.IsHealthyAsync().ConfigureAwait(false))
        {
            if (member.Process.HasExited)
                throw new InvalidOperationException($"{member.Name} ended:\n{member.Process.Errors}");
            await poll.WaitForNextTickAsync(limit.Token).ConfigureAwait(false);
        }
    }
}
