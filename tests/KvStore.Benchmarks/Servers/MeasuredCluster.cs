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
    // Errors only: neither side is to be measured by what it logs. The quota is above what any row writes.
    private static readonly string[] Flags = ["--log-level", "error", "--quota-backend-bytes", "137438953472"];

    /// <summary>An end in order writes what is buffered, a start on tens of gigabytes may read them all.</summary>
    private static readonly TimeSpan RestartLimit = TimeSpan.FromMinutes(30);

    private static readonly string[] TroubleMetrics = ["etcd_server_heartbeat_send_failures_total ", "etcd_server_leader_changes_seen_total "];

    private readonly TestFolder _folder = new();
    private readonly ServerProcess[] _members;

    private MeasuredCluster(string program, int members, long? memoryBytes)
    {
        IsEtcd = Path.GetFileName(program) == "etcd";
        _members = members == 1
            ? [ServerProcess.OneMember(program, _folder.Combine("data"), Flags)]
            : ServerProcess.Cluster(program, _folder.Path, members, "http", _ => Flags);
        if (memoryBytes is { } bytes)
        {
            _members = [.. _members.Select(member => new ServerProcess(program, member.Name, member.ClientPort, member.PeerPort,
                [.. member.Arguments, .. MemoryAllowance.Flags(IsEtcd, bytes)], MemoryAllowance.Environment(IsEtcd, bytes)))];
        }
    }

    public IReadOnlyList<string> Endpoints => [.. _members.Select(member => member.Endpoint)];

    /// <summary>Of the members, in their order.</summary>
    public IReadOnlyList<int> Processes => [.. _members.Select(member => member.Process.Id)];

    /// <summary>Whether this is the other side, which lacks some of what ours has.</summary>
    public bool IsEtcd { get; }

    public string Folder => _folder.Path;

    public static async Task<MeasuredCluster> StartAsync(string program, int members, long? memoryBytes = null)
    {
        var cluster = new MeasuredCluster(program, members, memoryBytes);
        foreach (var member in cluster._members)
            member.Start();
        foreach (var member in cluster._members)
            await UntilHealthyAsync(member).ConfigureAwait(false);
        return cluster;
    }

    /// <summary>Writes every key of a space once, so that reads find something and puts overwrite; the time it took.</summary>
    public Task<TimeSpan> FillAsync(KeySpace keys) =>
        AllDoneAsync(new PutWorkload(keys, ClusterLoad.Options, isSequential: true), clients: 200, keys.Count);

    /// <summary>The same with many puts in a transaction, where it does not matter how the keys came.</summary>
    public Task<TimeSpan> FillInBatchesAsync(KeySpace keys)
    {
        var batches = new BatchPutWorkload(keys, ClusterLoad.Options);
        return AllDoneAsync(batches, clients: 20, batches.Calls);
    }

    /// <summary>Ends the only member in order and starts it on its data; the time until it answered.</summary>
    /// <param name="isCold">Whether the system forgets what it cached of the data in between.</param>
    public async Task<TimeSpan> RestartAsync(bool isCold = false)
    {
        var member = _members[0];
        member.Process.Signal(ChildProcess.SignalTerminate);
        await member.Process.WaitForExitAsync(RestartLimit).ConfigureAwait(false);
        if (isCold)
            await ForgetCachedFilesAsync().ConfigureAwait(false);
        var started = Stopwatch.GetTimestamp();
        member.Start();
        await UntilHealthyAsync(member).ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(started);
    }

    /// <summary>Bytes of all files of the members.</summary>
    public long DiskBytes() => new DirectoryInfo(Folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

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

    /// <summary>Heartbeats that leaders sent late, and changes of the leader that members saw, so far.</summary>
    public async Task<long> TroublesAsync()
    {
        using var http = new HttpClient();
        double troubles = 0;
        foreach (var member in _members)
        {
            var page = await http.GetStringAsync(new Uri($"http://{member.Endpoint}/metrics")).ConfigureAwait(false);
            troubles += page.Split('\n')
                .Where(line => TroubleMetrics.Any(name => line.StartsWith(name, StringComparison.Ordinal)))
                .Sum(line => double.Parse(line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture));
        }

        return (long)troubles;
    }

    public void Dispose()
    {
        foreach (var member in _members)
            member.Dispose();
        _folder.Dispose();
    }

    /// <summary>Of these files only (posix_fadvise, by dd's nocache without a byte copied): the rest of the machine keeps its cache.</summary>
    private async Task ForgetCachedFilesAsync()
    {
        foreach (var file in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories))
            await ChildProcess.RunAsync("dd", [$"of={file}", "oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none"]).ConfigureAwait(false);
    }

    private async Task<TimeSpan> AllDoneAsync(IWorkload workload, int clients, long calls)
    {
        using var channels = new Channels(this, connections: 20, members: 1);
        var plan = new LoadPlan { Channels = channels.All, Clients = clients, Total = calls };
        var result = await new LoadRun(workload, plan).RunAsync(CancellationToken.None).ConfigureAwait(false);
        return result.Done == calls
            ? TimeSpan.FromSeconds(result.Seconds)
            : throw new InvalidOperationException($"only {result.Done} of {calls} writes were done: {string.Join("; ", result.Failures.Keys)}");
    }

    private static double Status(ServerProcess member, string field)
    {
        var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{member.Process.Id}/status")).First(text => text.StartsWith(field, StringComparison.Ordinal));
        return double.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    private static async Task UntilHealthyAsync(ServerProcess member)
    {
        using var limit = new CancellationTokenSource(RestartLimit);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await member.IsHealthyAsync().ConfigureAwait(false))
        {
            if (member.Process.HasExited)
                throw new InvalidOperationException($"{member.Name} ended:\n{member.Process.Errors}");
            await poll.WaitForNextTickAsync(limit.Token).ConfigureAwait(false);
        }
    }
}
