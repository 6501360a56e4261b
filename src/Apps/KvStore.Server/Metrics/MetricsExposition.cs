using System.Diagnostics;
using System.Globalization;
using System.Text;
using KvStore.PeerTransport;
using KvStore.Server.Configuration;

namespace KvStore.Server.Metrics;

/// <summary>What only the process knows, under etcd's and Prometheus' names: syncs, applied batches, peers, memory and descriptors.</summary>
internal sealed class MetricsExposition(ServerOptions options)
{
    /// <summary>etcd warns of a sync that takes longer than this.</summary>
    private static readonly TimeSpan SlowSync = TimeSpan.FromSeconds(1);

    public Histogram WalSync { get; } = new("etcd_disk_wal_fsync_duration_seconds", 0.001, 2, 14);

    public Histogram BackendCommit { get; } = new("etcd_disk_backend_commit_duration_seconds", 0.001, 2, 14);

    /// <summary>Told of writes of applied batches that took longer than --warning-apply-duration.</summary>
    public Action<TimeSpan>? OnSlowWrite { get; set; }

    /// <summary>Told of syncs that took longer than etcd's limit for its warning.</summary>
    public Action<TimeSpan>? OnSlowSync { get; set; }

    public Histogram PeerRoundTrip { get; } = new("etcd_network_peer_round_trip_time_seconds", 0.0001, 2, 16);

    /// <summary>Set once the transport exists.</summary>
    public PeerNetwork? Network { get; set; }

    public void OnSynced(TimeSpan took)
    {
        WalSync.Observe(took);
        if (took > SlowSync)
            OnSlowSync?.Invoke(took);
    }

    public void OnStoreWritten(TimeSpan took)
    {
        BackendCommit.Observe(took);
        if (took > options.SlowApplyWarning)
            OnSlowWrite?.Invoke(took);
    }

    public void AppendTo(StringBuilder text)
    {
        WalSync.AppendTo(text);
        BackendCommit.AppendTo(text);
        PeerRoundTrip.AppendTo(text);
        AppendPeers(text);
        Line(text, "etcd_server_quota_backend_bytes", "gauge", Math.Max(options.QuotaBytes, 0));
        text.Append(CultureInfo.InvariantCulture, $"# TYPE etcd_server_version gauge\netcd_server_version{{server_version=\"{HelpText.ApiVersion}\"}} 1\n");
        AppendProcess(text);
    }

    private void AppendPeers(StringBuilder text)
    {
        var peers = Network?.Counters.OrderBy(peer => peer.Member.Value).ToArray() ?? [];
        (string Name, string Label, Func<PeerCounters, long> Value)[] families =
        [
            ("etcd_network_peer_sent_bytes_total", "To", peer => peer.BytesSent),
            ("etcd_network_peer_received_bytes_total", "From", peer => peer.BytesReceived),
            ("etcd_network_peer_sent_failures_total", "To", peer => peer.SendFailures),
            ("etcd_network_peer_received_failures_total", "From", peer => peer.ReceiveFailures),
        ];
        foreach (var (name, label, value) in families)
        {
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} counter\n");
            foreach (var peer in peers)
                text.Append(CultureInfo.InvariantCulture, $"{name}{{{label}=\"{peer.Member}\"}} {value(peer)}\n");
        }
    }

    private static void AppendProcess(StringBuilder text)
    {
        using var process = Process.GetCurrentProcess();
        Line(text, "process_resident_memory_bytes", "gauge", process.WorkingSet64);
        Line(text, "process_virtual_memory_bytes", "gauge", process.VirtualMemorySize64);
        Line(text, "process_cpu_seconds_total", "counter", process.TotalProcessorTime.TotalSeconds);
        Line(text, "process_start_time_seconds", "gauge", new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0);
        Line(text, "process_open_fds", "gauge", OpenDescriptors());
        if (DescriptorLimit() is { } limit)
            Line(text, "process_max_fds", "gauge", limit);
    }

    private static double OpenDescriptors() => Directory.Exists("/proc/self/fd") ? Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() : 0;

    /// <summary>The soft limit; null where the system does not tell or sets none.</summary>
    private static double? DescriptorLimit()
    {
        const string Limits = "/proc/self/limits", Row = "Max open files";
        var row = File.Exists(Limits) ? File.ReadLines(Limits).FirstOrDefault(line => line.StartsWith(Row, StringComparison.Ordinal)) : null;
        var soft = row?[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return double.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null;
    }

    private static void Line(StringBuilder text, string name, string type, double value) =>
        text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {type}\n{name} {value}\n");
}
