using System.Globalization;
using System.Text;
using KvStore.Api.Members;
using KvStore.Api.Security;
using KvStore.Grpc;
using KvStore.Grpc.Server;

namespace KvStore.Api.Http;

/// <summary>
/// What this room counts, as Prometheus text under etcd's names (contract 4.4). The server appends what it and others count.
/// </summary>
public sealed class MetricsText
{
    private readonly IMember _member;
    private readonly GrpcServiceTable _table;
    private readonly ICallerTokens _tokens;

    internal MetricsText(IMember member, GrpcServiceTable table, ICallerTokens tokens)
    {
        _member = member;
        _table = table;
        _tokens = tokens;
    }

    public void AppendTo(StringBuilder text)
    {
        AppendCalls(text);
        AppendServer(text);
        AppendStore(text);
        AppendWatch(text);
        Gauge(text, "etcd_debugging_auth_revision", (long)_member.Auth.Revision.Value);
        Gauge(text, "kvstore_auth_tokens", _tokens.Count);
    }

    private void AppendCalls(StringBuilder text)
    {
        var methods = _table.Counters.OrderBy(counters => counters.Method.Path, StringComparer.Ordinal).ToList();
        Family(text, "grpc_server_started_total", "counter");
        foreach (var counters in methods)
            Line(text, "grpc_server_started_total", Labels(counters.Method), counters.Started);
        Family(text, "grpc_server_handled_total", "counter");
        foreach (var counters in methods)
        {
            foreach (var code in Enum.GetValues<StatusCode>())
                Line(text, "grpc_server_handled_total", $"{Labels(counters.Method)},grpc_code=\"{code}\"", counters.Handled(code));
        }

        Family(text, "grpc_server_msg_received_total", "counter");
        foreach (var counters in methods)
            Line(text, "grpc_server_msg_received_total", Labels(counters.Method), counters.MessagesReceived);
        Family(text, "grpc_server_msg_sent_total", "counter");
        foreach (var counters in methods)
            Line(text, "grpc_server_msg_sent_total", Labels(counters.Method), counters.MessagesSent);
    }

    private void AppendServer(StringBuilder text)
    {
        var status = _member.Status;
        Gauge(text, "etcd_server_has_leader", status.HasLeader ? 1 : 0);
        Gauge(text, "etcd_server_is_leader", status.IsLeader ? 1 : 0);
        Gauge(text, "etcd_server_is_learner", status.IsLearner ? 1 : 0);
        Gauge(text, "etcd_server_id", 1, $"server_id=\"{status.Self}\"");
        Counter(text, "etcd_server_leader_changes_seen_total", status.Counters.LeaderChanges);
        Gauge(text, "etcd_server_proposals_committed_total", (long)status.CommitIndex.Value);
        Gauge(text, "etcd_server_proposals_applied_total", (long)status.AppliedIndex.Value);
        Gauge(text, "etcd_server_proposals_pending", status.Counters.ProposalsHeld);
        Counter(text, "etcd_server_proposals_failed_total", status.Counters.ProposalsFailed);
        Counter(text, "etcd_server_read_indexes_failed_total", status.Counters.ReadsFailed);
        if (status.ClusterVersion is { Length: > 0 } version)
            Gauge(text, "etcd_cluster_version", 1, $"cluster_version=\"{version}\"");
    }

    private void AppendStore(StringBuilder text)
    {
        using var view = _member.OpenView();
        Gauge(text, "etcd_debugging_mvcc_current_revision", view.Current.Value);
        Gauge(text, "etcd_debugging_mvcc_compact_revision", view.Compacted.Value);
        Gauge(text, "etcd_mvcc_db_total_size_in_bytes", _member.Sizes.TotalBytes);
        Gauge(text, "etcd_mvcc_db_total_size_in_use_in_bytes", _member.Applied.LiveBytes);
    }

    private void AppendWatch(StringBuilder text)
    {
        var watch = _member.Watch;
        Gauge(text, "etcd_debugging_mvcc_watch_stream_total", watch.Streams);
        Gauge(text, "etcd_debugging_mvcc_watcher_total", watch.Watchers);
        Gauge(text, "etcd_debugging_mvcc_slow_watcher_total", watch.LaggingWatchers);
        Gauge(text, "etcd_debugging_mvcc_pending_events_total", watch.FramesInFlight);
        Counter(text, "etcd_debugging_mvcc_events_total", watch.EventsSent);
    }

    private static string Labels(RpcMethod method)
    {
        var type = method.Shape switch
        {
            RpcShape.Unary => "unary",
            RpcShape.ClientStreaming => "client_stream",
            RpcShape.ServerStreaming => "server_stream",
            _ => "bidi_stream",
        };
        return $"grpc_method=\"{method.Name}\",grpc_service=\"{method.Service}\",grpc_type=\"{type}\"";
    }

    private static void Gauge(StringBuilder text, string name, long value, string labels = "")
    {
        Family(text, name, "gauge");
        Line(text, name, labels, value);
    }

    private static void Counter(StringBuilder text, string name, long value)
    {
        Family(text, name, "counter");
        Line(text, name, "", value);
    }

    private static void Family(StringBuilder text, string name, string type) =>
        text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static void Line(StringBuilder text, string name, string labels, long value)
    {
        text.Append(name);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }
}
