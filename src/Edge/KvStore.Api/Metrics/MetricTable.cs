using static KvStore.Api.Metrics.MetricKind;

namespace KvStore.Api.Metrics;

/// <summary>Every family this server shows; what is not here cannot be written (<see cref="PrometheusText"/>).</summary>
public static class MetricTable
{
    public static IReadOnlyList<Metric> All { get; } =
    [
        new("grpc_server_started_total", Counter, "Calls begun."),
        new("grpc_server_handled_total", Counter, "Calls ended, by code."),
        new("grpc_server_msg_received_total", Counter, "Request messages."),
        new("grpc_server_msg_sent_total", Counter, "Response messages."),
        new("grpc_server_handling_seconds", MetricKind.Histogram, "Time of calls; only with --metrics extensive."),

        new("etcd_server_has_leader", Gauge, "1 while a leader is known."),
        new("etcd_server_is_leader", Gauge, "1 while this member leads."),
        new("etcd_server_is_learner", Gauge, "1 while this member is a learner."),
        new("etcd_server_id", Gauge, "1 for this member's id."),
        new("etcd_server_version", Gauge, "1 for the API level of this server."),
        new("etcd_server_go_version", Gauge, "1 for the runtime this server runs on."),
        new("etcd_server_leader_changes_seen_total", Counter, "Changes of the leader."),
        new("etcd_server_learner_promote_successes", Counter, "Learners promoted through this member."),
        new("etcd_server_proposals_committed_total", Gauge, "Entries committed."),
        new("etcd_server_proposals_applied_total", Gauge, "Entries applied."),
        new("etcd_server_proposals_pending", Gauge, "Proposals that wait for a leader."),
        new("etcd_server_proposals_failed_total", Counter, "Proposals that failed."),
        new("etcd_server_read_indexes_failed_total", Counter, "Linearizable reads that failed."),
        new("etcd_server_slow_apply_total", Counter, "Batches that took longer to apply than --warning-apply-duration."),
        new("etcd_server_quota_backend_bytes", Gauge, "Bytes at which the NOSPACE alarm is raised."),
        new("etcd_server_client_requests_total", Counter, "Calls, by the API version their client names."),
        new("etcd_server_health_success", Counter, "Times /health was well."),
        new("etcd_server_health_failures", Counter, "Times /health was not."),
        new("etcd_server_healthcheck", Gauge, "Last result of a check of /livez or /readyz."),
        new("etcd_server_healthchecks_total", Counter, "Results of checks of /livez and /readyz."),
        new("etcd_cluster_version", Gauge, "1 for the version all members speak."),
        new("etcd_debugging_server_alarms", Gauge, "1 for each alarm that is on."),
        new("etcd_debugging_server_lease_expired_total", Counter, "Leases ended by their time."),
        new("etcd_debugging_auth_revision", Gauge, "Revision of the users and roles."),

        new("etcd_mvcc_put_total", Counter, "Keys written."),
        new("etcd_mvcc_delete_total", Counter, "Deletions."),
        new("etcd_mvcc_txn_total", Counter, "Transactions of more than one write."),
        new("etcd_mvcc_range_total", Counter, "Ranges answered by this member."),
        new("etcd_mvcc_db_total_size_in_bytes", Gauge, "Bytes of the store's files."),
        new("etcd_mvcc_db_total_size_in_use_in_bytes", Gauge, "Bytes of the live pairs."),
        new("etcd_debugging_mvcc_keys_total", Gauge, "Live keys."),
        new("etcd_debugging_mvcc_total_put_size_in_bytes", Gauge, "Bytes of keys and values written."),
        new("etcd_debugging_mvcc_current_revision", Gauge, "The current revision."),
        new("etcd_debugging_mvcc_compact_revision", Gauge, "The compacted revision."),
        new("etcd_debugging_mvcc_db_compaction_keys_total", Counter, "Versions removed by compaction."),
        new("etcd_debugging_mvcc_db_compaction_last", Gauge, "Unix time of the end of the last compaction."),
        new("etcd_debugging_mvcc_watch_stream_total", Gauge, "Watch streams."),
        new("etcd_debugging_mvcc_watcher_total", Gauge, "Watchers."),
        new("etcd_debugging_mvcc_slow_watcher_total", Gauge, "Watchers that are catching up."),
        new("etcd_debugging_mvcc_pending_events_total", Gauge, "Answers on their way to watchers."),
        new("etcd_debugging_mvcc_events_total", Counter, "Events sent to watchers."),

        new("etcd_debugging_lease_granted_total", Counter, "Leases granted."),
        new("etcd_debugging_lease_revoked_total", Counter, "Leases ended, by a client or by their time."),
        new("etcd_debugging_lease_renewed_total", Counter, "Renewals this member has given as leader."),

        new("etcd_disk_wal_fsync_duration_seconds", MetricKind.Histogram, "Time of fdatasync on the log."),
        new("etcd_disk_wal_write_bytes_total", Gauge, "Bytes written to the log."),
        new("etcd_disk_backend_commit_duration_seconds", MetricKind.Histogram, "Time of writing an applied batch to the store."),

        new("etcd_network_client_grpc_received_bytes_total", Counter, "Bytes of requests."),
        new("etcd_network_client_grpc_sent_bytes_total", Counter, "Bytes of answers."),
        new("etcd_network_known_peers", Gauge, "1 for each other member."),
        new("etcd_network_active_peers", Gauge, "1 for each other member with a connection."),
        new("etcd_network_disconnected_peers_total", Counter, "Connections to a member that were lost."),
        new("etcd_network_peer_sent_bytes_total", Counter, "Bytes sent to a member."),
        new("etcd_network_peer_received_bytes_total", Counter, "Bytes received from a member."),
        new("etcd_network_peer_sent_failures_total", Counter, "Failures of sending to a member."),
        new("etcd_network_peer_received_failures_total", Counter, "Failures of receiving from a member."),
        new("etcd_network_peer_round_trip_time_seconds", MetricKind.Histogram, "Round trips to a member."),
        new("etcd_network_snapshot_send_inflights_total", Gauge, "Snapshots on their way to a member."),
        new("etcd_network_snapshot_send_success", Counter, "Snapshots sent."),
        new("etcd_network_snapshot_send_failures", Counter, "Snapshots that did not arrive."),
        new("etcd_network_snapshot_send_total_duration_seconds", MetricKind.Histogram, "Time of sending a snapshot."),
        new("etcd_network_snapshot_receive_inflights_total", Gauge, "Snapshots on their way from a member."),
        new("etcd_network_snapshot_receive_success", Counter, "Snapshots received."),
        new("etcd_network_snapshot_receive_failures", Counter, "Snapshots that were not received whole."),
        new("etcd_network_snapshot_receive_total_duration_seconds", MetricKind.Histogram, "Time of receiving a snapshot."),

        new("os_fd_used", Gauge, "Open descriptors."),
        new("os_fd_limit", Gauge, "Most open descriptors."),
        new("process_resident_memory_bytes", Gauge, "Memory in use."),
        new("process_virtual_memory_bytes", Gauge, "Memory addressed."),
        new("process_cpu_seconds_total", Counter, "Time of the processors."),
        new("process_start_time_seconds", Gauge, "Unix time of the start."),
        new("process_open_fds", Gauge, "Open descriptors."),
        new("process_max_fds", Gauge, "Most open descriptors."),
        new("kvstore_auth_tokens", Gauge, "Tokens that are valid now."),
    ];

    private static readonly Dictionary<string, Metric> ByName = All.ToDictionary(metric => metric.Name, StringComparer.Ordinal);

    internal static Metric Find(string name) => ByName[name];
}
