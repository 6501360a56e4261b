using System.Collections.Concurrent;
using KvStore.Api.Metrics;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Server.Metrics;

/// <summary>Counts Core's events and hands them on. Core has no clock: what takes long has a beginning and an end, timed here. Any lane.</summary>
internal sealed class TraceMetrics(ITraceSink next, TimeProvider time) : ITraceSink
{
    private static readonly double[] SnapshotSeconds = Histogram.Exponential(0.1, 2, 10);

    private readonly ApplyTimes _applied = new(time);
    private readonly CompactionTimes _compactions = new(time);
    private readonly Histogram _leaseSeconds = new("etcd_debugging_lease_ttl_total", Histogram.Exponential(1, 2, 24));
    private readonly Histogram _snapshotSaved = new("etcd_snap_db_save_total_duration_seconds", SnapshotSeconds);
    private readonly ConcurrentDictionary<MemberId, Transfers> _sends = new();
    private readonly ConcurrentDictionary<MemberId, Transfers> _receipts = new();

    // The end of a receipt says which snapshot, not from whom.
    private readonly ConcurrentDictionary<ulong, MemberId> _senders = new();
    private long _logBytes;
    private long _versionsRemoved;
    private long _lastCompaction;
    private long _leasesExpired;
    private long _snapshotsToInstall;

    public void Emit(in TraceEvent traceEvent)
    {
        switch (traceEvent.Kind)
        {
            case TraceKind.WalSynced:
                Interlocked.Add(ref _logBytes, (long)traceEvent.B);
                break;
            case TraceKind.ApplyStarted:
                _applied.Begin();
                break;
            case TraceKind.EntryApplied:
                _applied.OnApplied((CommandKind)traceEvent.A, traceEvent.B != 0);
                break;
            case TraceKind.LeaseGranted:
                _leaseSeconds.Observe((double)traceEvent.B);
                break;
            case TraceKind.CompactionStarted:
                _compactions.Begin();
                break;
            case TraceKind.CompactionStepStarted:
                _compactions.BeginStep();
                break;
            case TraceKind.CompactionStepFinished:
                _compactions.EndStep();
                break;
            case TraceKind.CompactionFinished:
                _compactions.End();
                Interlocked.Add(ref _versionsRemoved, (long)traceEvent.B);
                Interlocked.Exchange(ref _lastCompaction, time.GetUtcNow().ToUnixTimeSeconds());
                break;
            case TraceKind.LeaseExpired:
                Interlocked.Increment(ref _leasesExpired);
                break;
            case TraceKind.SnapshotSendStarted:
                Of(_sends, "send", "To", new MemberId(traceEvent.A)).Begin(time.GetTimestamp());
                break;
            case TraceKind.SnapshotSendFinished:
                Of(_sends, "send", "To", new MemberId(traceEvent.A)).End(string.IsNullOrEmpty(traceEvent.Detail), time);
                break;
            case TraceKind.SnapshotReceiveStarted:
                _senders[traceEvent.B] = new MemberId(traceEvent.A);
                Of(_receipts, "receive", "From", new MemberId(traceEvent.A)).Begin(time.GetTimestamp());
                break;
            case TraceKind.SnapshotReceiveFinished when _senders.TryRemove(traceEvent.A, out var from):
                EndReceipt(Of(_receipts, "receive", "From", from), string.IsNullOrEmpty(traceEvent.Detail));
                break;
            case TraceKind.SnapshotInstalled:
                Interlocked.Exchange(ref _snapshotsToInstall, 0);
                break;
        }

        next.Emit(traceEvent);
    }

    public void WriteTo(PrometheusText text)
    {
        text.Only("etcd_disk_wal_write_bytes_total", Interlocked.Read(ref _logBytes));
        text.Only("etcd_debugging_mvcc_db_compaction_keys_total", Interlocked.Read(ref _versionsRemoved));
        text.Only("etcd_debugging_mvcc_db_compaction_last", Interlocked.Read(ref _lastCompaction));
        text.Only("etcd_debugging_server_lease_expired_total", Interlocked.Read(ref _leasesExpired));
        text.Only("etcd_server_snapshot_apply_in_progress_total", Interlocked.Read(ref _snapshotsToInstall));
        _applied.WriteTo(text);
        _compactions.WriteTo(text);
        _leaseSeconds.WriteFamilyTo(text);
        _snapshotSaved.WriteFamilyTo(text);
        Write(text, "etcd_network_snapshot_send", _sends);
        Write(text, "etcd_network_snapshot_receive", _receipts);
    }

    private void EndReceipt(Transfers receipt, bool succeeded)
    {
        var took = receipt.End(succeeded, time);
        if (!succeeded)
            return;
        _snapshotSaved.Observe(took);
        Interlocked.Exchange(ref _snapshotsToInstall, 1);
    }

    private static Transfers Of(ConcurrentDictionary<MemberId, Transfers> transfers, string way, string label, MemberId peer) =>
        transfers.GetOrAdd(peer, member => new Transfers($"etcd_network_snapshot_{way}_total_duration_seconds", $"{label}=\"{member}\""));

    private static void Write(PrometheusText text, string name, ConcurrentDictionary<MemberId, Transfers> all)
    {
        var transfers = all.OrderBy(entry => entry.Key.Value).Select(entry => entry.Value).ToArray();
        text.Family(name + "_inflights_total");
        foreach (var transfer in transfers)
            text.Sample(name + "_inflights_total", transfer.Label, transfer.InFlight);
        text.Family(name + "_success");
        foreach (var transfer in transfers)
            text.Sample(name + "_success", transfer.Label, transfer.Successes);
        text.Family(name + "_failures");
        foreach (var transfer in transfers)
            text.Sample(name + "_failures", transfer.Label, transfer.Failures);
        text.Family(name + "_total_duration_seconds");
        foreach (var transfer in transfers)
            transfer.Durations.WriteTo(text);
    }

    /// <summary>Snapshots to or from one member: one at a time is told of.</summary>
    private sealed class Transfers(string name, string label)
    {
        private long _began;
        private long _inFlight;
        private long _successes;
        private long _failures;

        public string Label => label;

        public Histogram Durations { get; } = new(name, SnapshotSeconds, label);

        public long InFlight => Interlocked.Read(ref _inFlight);

        public long Successes => Interlocked.Read(ref _successes);

        public long Failures => Interlocked.Read(ref _failures);

        public void Begin(long now)
        {
            Interlocked.Exchange(ref _began, now);
            Interlocked.Exchange(ref _inFlight, 1);
        }

        public TimeSpan End(bool succeeded, TimeProvider time)
        {
            var took = time.GetElapsedTime(Interlocked.Read(ref _began));
            Interlocked.Exchange(ref _inFlight, 0);
            Interlocked.Increment(ref succeeded ? ref _successes : ref _failures);
            Durations.Observe(took);
            return took;
        }
    }
}
