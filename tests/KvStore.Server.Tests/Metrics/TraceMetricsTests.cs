using KvStore.Api.Metrics;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Server.Metrics;
using KvStore.StateMachine;

namespace KvStore.Server.Tests.Metrics;

/// <summary>Snapshots as the lanes tell of them, whichever way they go and end.</summary>
public sealed class TraceMetricsTests : ITraceSink
{
    private readonly List<TraceKind> _handedOn = [];

    void ITraceSink.Emit(in TraceEvent traceEvent) => _handedOn.Add(traceEvent.Kind);

    [Fact]
    public void Snapshots_AreCountedByMemberAndOutcome()
    {
        var metrics = new TraceMetrics(this, TimeProvider.System);
        metrics.Emit(new TraceEvent(TraceKind.SnapshotSendStarted, 0xb, 100));
        Assert.Contains("etcd_network_snapshot_send_inflights_total{To=\"b\"} 1\n", Page(metrics), StringComparison.Ordinal);
        metrics.Emit(new TraceEvent(TraceKind.SnapshotSendFinished, 0xb, 100, Detail: ""));
        metrics.Emit(new TraceEvent(TraceKind.SnapshotSendStarted, 0xb, 200));
        metrics.Emit(new TraceEvent(TraceKind.SnapshotSendFinished, 0xb, 200, Detail: "the member is gone"));
        metrics.Emit(new TraceEvent(TraceKind.SnapshotReceiveStarted, 0xc, 300));
        metrics.Emit(new TraceEvent(TraceKind.SnapshotReceiveFinished, 300, Detail: ""));
        metrics.Emit(new TraceEvent(TraceKind.SnapshotReceiveStarted, 0xc, 400));
        metrics.Emit(new TraceEvent(TraceKind.SnapshotReceiveFinished, 400, Detail: "a part was missing"));
        var page = Page(metrics);
        foreach (var sample in new[]
        {
            "etcd_network_snapshot_send_inflights_total{To=\"b\"} 0", "etcd_network_snapshot_send_success{To=\"b\"} 1", "etcd_network_snapshot_send_failures{To=\"b\"} 1",
            "etcd_network_snapshot_send_total_duration_seconds_count{To=\"b\"} 2", "etcd_network_snapshot_receive_inflights_total{From=\"c\"} 0",
            "etcd_network_snapshot_receive_success{From=\"c\"} 1", "etcd_network_snapshot_receive_failures{From=\"c\"} 1",
            "etcd_network_snapshot_receive_total_duration_seconds_count{From=\"c\"} 2",
            "etcd_snap_db_save_total_duration_seconds_count 1", "etcd_server_snapshot_apply_in_progress_total 1",
        })
            Assert.Contains($"\n{sample}\n", page, StringComparison.Ordinal);
        metrics.Emit(new TraceEvent(TraceKind.SnapshotInstalled, 300));
        Assert.Contains("\netcd_server_snapshot_apply_in_progress_total 0\n", Page(metrics), StringComparison.Ordinal);
        Assert.Equal(9, _handedOn.Count);
    }

    [Fact]
    public void Commands_AreTimedByWhatTheyAreAndWhatCameOfThem()
    {
        var metrics = new TraceMetrics(this, TimeProvider.System);
        metrics.Emit(new TraceEvent(TraceKind.ApplyStarted));
        foreach (var kind in new[] { CommandKind.Put, CommandKind.Put, CommandKind.None, CommandKind.UserAdd, CommandKind.MemberAttributes })
            metrics.Emit(new TraceEvent(TraceKind.EntryApplied, (ulong)kind, 1));
        metrics.Emit(new TraceEvent(TraceKind.EntryApplied, (ulong)CommandKind.Put, 0));
        var page = Page(metrics);
        foreach (var (operation, success, count) in new[] { ("Put", "true", 2), ("Put", "false", 1), ("AuthUserAdd", "true", 1), ("ClusterMemberAttrSet", "true", 1) })
            Assert.Contains($"\netcd_server_apply_duration_seconds_count{{op=\"{operation}\",success=\"{success}\",version=\"v3\"}} {count}\n", page, StringComparison.Ordinal);
    }

    private static string Page(TraceMetrics metrics)
    {
        var text = new PrometheusText();
        metrics.WriteTo(text);
        return text.ToString();
    }
}
