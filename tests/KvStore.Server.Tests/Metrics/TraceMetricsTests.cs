using KvStore.Api.Metrics;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Server.Metrics;

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
            "send_inflights_total{To=\"b\"} 0", "send_success{To=\"b\"} 1", "send_failures{To=\"b\"} 1", "send_total_duration_seconds_count{To=\"b\"} 2",
            "receive_inflights_total{From=\"c\"} 0", "receive_success{From=\"c\"} 1", "receive_failures{From=\"c\"} 1", "receive_total_duration_seconds_count{From=\"c\"} 2",
        })
            Assert.Contains($"\netcd_network_snapshot_{sample}\n", page, StringComparison.Ordinal);
        Assert.Equal(8, _handedOn.Count);
    }

    private static string Page(TraceMetrics metrics)
    {
        var text = new PrometheusText();
        metrics.WriteTo(text);
        return text.ToString();
    }
}
