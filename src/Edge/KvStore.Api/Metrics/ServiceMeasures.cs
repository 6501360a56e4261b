using System.Collections.Concurrent;
using KvStore.Protocol;

namespace KvStore.Api.Metrics;

/// <summary>What the services measure of their own work. Any thread.</summary>
internal sealed class ServiceMeasures
{
    private static readonly double[] _sendSeconds = Histogram.Exponential(0.001, 2, 14);

    private readonly ConcurrentDictionary<string, long> _promotionFailures = new(StringComparer.Ordinal);
    private long _defragmenting;

    public Histogram Hash { get; } = new("etcd_mvcc_hash_duration_seconds", Histogram.Exponential(0.01, 2, 15));

    public Histogram HashOfRevision { get; } = new("etcd_mvcc_hash_rev_duration_seconds", Histogram.Exponential(0.01, 2, 15));

    public Histogram Snapshot { get; } = new("etcd_disk_backend_snapshot_duration_seconds", Histogram.Exponential(0.01, 2, 17));

    /// <summary>Sending a response with events to a watcher, and the part of one event in it.</summary>
    public Histogram SendEvents { get; } = new("etcd_debugging_server_watch_send_loop_watch_stream_duration_seconds", _sendSeconds);

    public Histogram SendEachEvent { get; } = new("etcd_debugging_server_watch_send_loop_watch_stream_duration_per_event_seconds", _sendSeconds);

    /// <summary>Sending an answer about a watcher: made, cancelled, refused.</summary>
    public Histogram SendControl { get; } = new("etcd_debugging_server_watch_send_loop_control_stream_duration_seconds", _sendSeconds);

    public Histogram SendProgress { get; } = new("etcd_debugging_server_watch_send_loop_progress_duration_seconds", _sendSeconds);

    private Histogram Defragment { get; } = new("etcd_disk_backend_defrag_duration_seconds", Histogram.Exponential(0.1, 2, 13));

    public void BeginDefragment() => Interlocked.Increment(ref _defragmenting);

    public void EndDefragment(TimeSpan took)
    {
        Interlocked.Decrement(ref _defragmenting);
        Defragment.Observe(took);
    }

    /// <summary>A learner was not promoted. As in etcd one that merely asked the wrong member is no failure.</summary>
    public void OnPromotionRefused(EtcdError error)
    {
        if (error != EtcdErrors.NotLeader)
            _promotionFailures.AddOrUpdate(error.Text, 1, static (_, count) => count + 1);
    }

    public void WriteTo(PrometheusText text)
    {
        text.Only("etcd_disk_defrag_inflight", Interlocked.Read(ref _defragmenting));
        foreach (var histogram in new[] { Hash, HashOfRevision, Snapshot, Defragment, SendEvents, SendEachEvent, SendControl, SendProgress })
            histogram.WriteFamilyTo(text);
        text.Family("etcd_server_learner_promote_failures");
        foreach (var (reason, count) in _promotionFailures.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            text.Sample("etcd_server_learner_promote_failures", PrometheusText.Label("Reason", reason), count);
    }
}
