using KvStore.Api.Maintenance;
using KvStore.Api.Members;
using KvStore.Api.Security;
using KvStore.Grpc;
using KvStore.Grpc.Server;
using KvStore.Primitives;

namespace KvStore.Api.Metrics;

/// <summary>What this room knows of its member and its calls (contract 4.4). The server adds what it and others count.</summary>
public sealed class MemberMetrics
{
    private readonly IMember _member;
    private readonly GrpcServiceTable _table;
    private readonly ICallerTokens _tokens;
    private readonly HealthCounts _health;
    private readonly ServiceMeasures _measures;
    private readonly Func<long> _renewals;

    internal MemberMetrics(IMember member, GrpcServiceTable table, ICallerTokens tokens, HealthCounts health, ServiceMeasures measures, Func<long> renewals)
    {
        _member = member;
        _table = table;
        _tokens = tokens;
        _health = health;
        _measures = measures;
        _renewals = renewals;
    }

    public void WriteTo(PrometheusText text)
    {
        WriteCalls(text);
        WriteServer(text);
        WriteStore(text);
        WriteLeases(text);
        WriteWatch(text);
        _health.WriteTo(text);
        _measures.WriteTo(text);
        text.Only("etcd_debugging_auth_revision", (long)_member.Auth.Revision.Value);
        text.Only("kvstore_auth_tokens", _tokens.Count);
    }

    private void WriteCalls(PrometheusText text)
    {
        var methods = _table.Counters.OrderBy(counters => counters.Method.Path, StringComparer.Ordinal)
            .Select(counters => (Labels: CallMetrics.Labels(counters.Method), Counters: counters)).ToList();
        text.Family("grpc_server_started_total");
        foreach (var (labels, counters) in methods)
            text.Sample("grpc_server_started_total", labels, counters.Started);
        text.Family("grpc_server_handled_total");
        foreach (var (labels, counters) in methods)
        {
            foreach (var code in Enum.GetValues<StatusCode>())
                text.Sample("grpc_server_handled_total", $"grpc_code=\"{code}\",{labels}", counters.Handled(code));
        }

        text.Family("grpc_server_msg_received_total");
        foreach (var (labels, counters) in methods)
            text.Sample("grpc_server_msg_received_total", labels, counters.MessagesReceived);
        text.Family("grpc_server_msg_sent_total");
        foreach (var (labels, counters) in methods)
            text.Sample("grpc_server_msg_sent_total", labels, counters.MessagesSent);
    }

    private void WriteServer(PrometheusText text)
    {
        var status = _member.Status;
        text.Only("etcd_server_has_leader", status.HasLeader ? 1 : 0);
        text.Only("etcd_server_is_leader", status.IsLeader ? 1 : 0);
        text.Only("etcd_server_is_learner", status.IsLearner ? 1 : 0);
        text.Only("etcd_server_id", 1, $"server_id=\"{status.Self}\"");
        text.Only("etcd_server_leader_changes_seen_total", status.Counters.LeaderChanges);
        text.Only("etcd_server_proposals_committed_total", status.CommitIndex.Value);
        text.Only("etcd_server_proposals_applied_total", status.AppliedIndex.Value);
        text.Only("etcd_server_proposals_pending", status.Counters.ProposalsHeld);
        text.Only("etcd_server_proposals_failed_total", status.Counters.ProposalsFailed);
        text.Only("etcd_server_read_indexes_failed_total", status.Counters.ReadsFailed);
        text.Only("etcd_server_slow_read_indexes_total", status.Counters.ReadsTimedOut);
        text.Only("etcd_server_heartbeat_send_failures_total", status.Counters.HeartbeatsLate);
        text.Only("etcd_server_learner_promote_successes", Handled("/etcdserverpb.Cluster/MemberPromote"));
        text.Family("etcd_debugging_server_alarms");
        foreach (var alarm in _member.Applied.Alarms)
            text.Sample("etcd_debugging_server_alarms", $"alarm_type=\"{AlarmNames.Of(alarm.Kind)}\",server_id=\"{alarm.Member}\"", 1);
        text.Family("etcd_cluster_version");
        if (status.ClusterVersion is { Length: > 0 } version)
            text.Sample("etcd_cluster_version", $"cluster_version=\"{version}\"", 1);
    }

    private void WriteStore(PrometheusText text)
    {
        var writes = _member.Applied.Counts.Writes;
        text.Only("etcd_mvcc_put_total", writes.Puts);
        text.Only("etcd_mvcc_delete_total", writes.DeleteRanges);
        text.Only("etcd_mvcc_txn_total", writes.Txns);
        text.Only("etcd_mvcc_range_total", Handled("/etcdserverpb.KV/Range") + Handled("/etcdserverpb.KV/RangeStream"));
        text.Only("etcd_debugging_mvcc_total_put_size_in_bytes", writes.PutBytes);
        text.Only("etcd_mvcc_db_total_size_in_bytes", _member.Sizes.TotalBytes);
        text.Only("etcd_mvcc_db_total_size_in_use_in_bytes", _member.Applied.LiveBytes);
        using var view = _member.OpenView();
        text.Only("etcd_mvcc_db_open_read_transactions", view.OpenViews);
        text.Only("etcd_debugging_mvcc_current_revision", view.Current.Value);
        text.Only("etcd_debugging_mvcc_compact_revision", view.Compacted.Value);
        text.Only("etcd_debugging_mvcc_keys_total", view.Count("\0"u8, "\0"u8, Revision.Zero));
    }

    private void WriteLeases(PrometheusText text)
    {
        var counts = _member.Applied.Counts;
        text.Only("etcd_debugging_lease_granted_total", counts.LeasesGranted);
        text.Only("etcd_debugging_lease_revoked_total", counts.LeasesRevoked);
        text.Only("etcd_debugging_lease_renewed_total", _renewals());
    }

    private void WriteWatch(PrometheusText text)
    {
        var watch = _member.Watch;
        text.Only("etcd_debugging_mvcc_watch_stream_total", watch.Streams);
        text.Only("etcd_debugging_mvcc_watcher_total", watch.Watchers);
        text.Only("etcd_debugging_mvcc_slow_watcher_total", watch.LaggingWatchers);
        text.Only("etcd_debugging_mvcc_pending_events_total", watch.FramesInFlight);
        text.Only("etcd_debugging_mvcc_events_total", watch.EventsSent);
    }

    private long Handled(string path) => _table.Counters.Single(counters => counters.Method.Path == path).Handled(StatusCode.OK);
}
