using System.Runtime.InteropServices;
using KvStore.Api;
using KvStore.Api.Metrics;
using KvStore.Grpc.Server;
using KvStore.Node;
using KvStore.PeerTransport;
using KvStore.Server.Configuration;

namespace KvStore.Server.Metrics;

/// <summary>Everything under /metrics, gathered from those who count: the doors, the lanes' events, the calls and the process.</summary>
internal sealed class MetricsExposition(ServerOptions options)
{
    /// <summary>etcd warns of a sync that takes longer than this.</summary>
    private static readonly TimeSpan SlowSync = TimeSpan.FromSeconds(1);

    private static readonly double[] MilliSeconds = Histogram.Exponential(0.001, 2, 14);

    private readonly Histogram _walSync = new("etcd_disk_wal_fsync_duration_seconds", MilliSeconds);
    private readonly Histogram _walWrite = new("etcd_disk_wal_write_duration_seconds", MilliSeconds);
    private readonly Histogram _backendCommit = new("etcd_disk_backend_commit_duration_seconds", MilliSeconds);
    private readonly Histogram _backendWrite = new("etcd_debugging_disk_backend_commit_write_duration_seconds", MilliSeconds);

    /// <summary>What etcd measures of its snapshot files is here the store's flush, after which the log is cut.</summary>
    private readonly Histogram[] _flushes =
    [
        new("etcd_snap_fsync_duration_seconds", MilliSeconds), new("etcd_snap_db_fsync_duration_seconds", MilliSeconds),
        new("etcd_debugging_snap_save_total_duration_seconds", MilliSeconds),
    ];

    /// <summary>Of what does not exist here: shown as what never happened, so that no query of etcd's comes back empty.</summary>
    private readonly Histogram[] _never =
    [
        new("etcd_debugging_disk_backend_commit_rebalance_duration_seconds", MilliSeconds), new("etcd_debugging_disk_backend_commit_spill_duration_seconds", MilliSeconds),
        new("etcd_debugging_snap_save_marshalling_duration_seconds", MilliSeconds),
    ];

    private long _slowWrites;

    /// <summary>Told of writes of applied batches that took longer than --warning-apply-duration.</summary>
    public Action<TimeSpan>? OnSlowWrite { get; set; }

    /// <summary>Told of syncs that took longer than etcd's limit for its warning.</summary>
    public Action<TimeSpan>? OnSlowSync { get; set; }

    public PeerMetrics Peers { get; } = new();

    /// <summary>Set once the node is being made.</summary>
    public TraceMetrics? Trace { get; set; }

    /// <summary>Set once the transport exists.</summary>
    public PeerNetwork? Network { get; set; }

    public void OnSynced(TimeSpan took)
    {
        _walSync.Observe(took);
        if (took > SlowSync)
            OnSlowSync?.Invoke(took);
    }

    public void OnFileWritten(TimeSpan took) => _walWrite.Observe(took);

    public void OnStoreFlushed(TimeSpan took)
    {
        foreach (var histogram in _flushes)
            histogram.Observe(took);
    }

    public void OnStoreWritten(TimeSpan took)
    {
        _backendCommit.Observe(took);
        _backendWrite.Observe(took);
        if (took <= options.SlowApplyWarning)
            return;
        Interlocked.Increment(ref _slowWrites);
        OnSlowWrite?.Invoke(took);
    }

    /// <summary>The whole page.</summary>
    /// <param name="services">The member's part.</param>
    /// <param name="calls">The calls of clients.</param>
    /// <param name="room">The room they come to.</param>
    /// <param name="status">Of the node.</param>
    public string Write(EtcdServices services, CallMetrics calls, GrpcRoom room, NodeStatus status)
    {
        var text = new PrometheusText();
        services.Metrics.WriteTo(text);
        calls.WriteTo(text, room);
        foreach (var histogram in (Histogram[])[_walSync, _walWrite, _backendCommit, _backendWrite, .. _flushes, .. _never])
            histogram.WriteFamilyTo(text);
        foreach (var name in new[] { "etcd_debugging_store_expires_total", "etcd_debugging_store_watch_requests_total", "etcd_debugging_store_watchers" })
            text.Only(name, 0);
        Trace?.WriteTo(text);
        Peers.WriteTo(text, status, Network?.Counters ?? []);
        text.Family("etcd_server_feature_enabled");
        foreach (var gate in FeatureGates.All)
            text.Sample("etcd_server_feature_enabled", $"name=\"{gate.Name}\",stage=\"{(gate.IsBeta ? "BETA" : "ALPHA")}\"", options.Gates.IsEnabled(gate.Name) ? 1 : 0);
        text.Only("etcd_server_slow_apply_total", Interlocked.Read(ref _slowWrites));
        text.Only("etcd_server_quota_backend_bytes", Math.Max(options.QuotaBytes, 0));
        text.Only("etcd_server_version", 1, $"server_version=\"{HelpText.ApiVersion}\"");
        text.Only("etcd_server_go_version", 1, PrometheusText.Label("server_go_version", RuntimeInformation.FrameworkDescription));
        ProcessFacts.WriteTo(text);
        return text.ToString();
    }
}
