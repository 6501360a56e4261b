using System.Text;
using KvStore.Api.Metrics;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Http;

/// <summary>Every family is there and moves when what it counts happens (TOB-010); etcd's dashboard and alerts find their series.</summary>
public sealed class MetricsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>An act of a client over the JSON gateway, and the samples that must have grown after it, by how much (0: by anything).</summary>
    private static readonly (string Path, string Body, (string Sample, double By)[] Grown)[] Acts =
    [
        ("/v3/kv/put", """{"key":"YQ==","value":"YmNk"}""",
        [
            ("etcd_mvcc_put_total", 1), ("etcd_debugging_mvcc_total_put_size_in_bytes", 4), ("etcd_debugging_mvcc_keys_total", 1), ("etcd_debugging_mvcc_current_revision", 1),
            ("grpc_server_started_total{grpc_method=\"Put\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"}", 1),
            ("grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Put\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"}", 1),
            ("grpc_server_msg_received_total{grpc_method=\"Put\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"}", 1),
            ("grpc_server_msg_sent_total{grpc_method=\"Put\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"}", 1),
            ("grpc_server_handling_seconds_count{grpc_method=\"Put\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"}", 1),
            ("etcd_network_client_grpc_received_bytes_total", 0), ("etcd_network_client_grpc_sent_bytes_total", 0),
            ("etcd_server_client_requests_total{client_api_version=\"unknown\",type=\"unary\"}", 1),
            ("etcd_server_proposals_committed_total", 1), ("etcd_server_proposals_applied_total", 1),
            ("etcd_disk_wal_fsync_duration_seconds_count", 1), ("etcd_disk_wal_write_bytes_total", 0), ("etcd_disk_backend_commit_duration_seconds_count", 1),
            ("etcd_mvcc_db_total_size_in_use_in_bytes", 0), ("etcd_disk_wal_write_duration_seconds_count", 1), ("etcd_debugging_disk_backend_commit_write_duration_seconds_count", 1),
            ("etcd_server_apply_duration_seconds_count{op=\"Put\",success=\"true\",version=\"v3\"}", 1), ("etcd_server_request_duration_seconds_count{success=\"true\",type=\"Put\"}", 1),
        ]),
        ("/v3/kv/range", """{"key":"YQ=="}""",
        [
            ("etcd_mvcc_range_total", 1), ("etcd_server_range_duration_seconds_count{success=\"true\"}", 1), ("etcd_server_request_duration_seconds_count{success=\"true\",type=\"Range\"}", 1),
        ]),
        ("/v3/kv/txn", """{"success":[{"request_put":{"key":"YQ=="}},{"request_delete_range":{"key":"Yg=="}}]}""", [("etcd_mvcc_txn_total", 1), ("etcd_mvcc_put_total", 1), ("etcd_mvcc_delete_total", 1)]),
        ("/v3/kv/deleterange", """{"key":"YQ=="}""", [("etcd_mvcc_delete_total", 1), ("etcd_debugging_mvcc_keys_total", -1)]),
        ("/v3/lease/grant", """{"TTL":"1000","ID":"7"}""", [("etcd_debugging_lease_granted_total", 1), ("etcd_debugging_lease_ttl_total_count", 1), ("etcd_debugging_lease_ttl_total_sum", 1000)]),
        ("/v3/maintenance/hash", "{}", [("etcd_mvcc_hash_duration_seconds_count", 1)]),
        ("/v3/maintenance/hashkv", "{}", [("etcd_mvcc_hash_rev_duration_seconds_count", 1)]),
        ("/v3/maintenance/defragment", "{}", [("etcd_disk_backend_defrag_duration_seconds_count", 1), ("etcd_disk_defrag_inflight", 0.0001)]),
        ("/v3/maintenance/snapshot", "{}", [("etcd_disk_backend_snapshot_duration_seconds_count", 1)]),
        ("/v3/cluster/member/promote", """{"ID":1}""", [("etcd_server_learner_promote_failures{Reason=\"etcdserver: member not found\"}", 1)]),
        ("/v3/auth/user/add", """{"name":"anna","password":"secret"}""", [("etcd_debugging_auth_revision", 1)]),
        ("/v3/lease/keepalive", """{"ID":"7"}""", [("etcd_debugging_lease_renewed_total", 1), ("etcd_server_client_requests_total{client_api_version=\"unknown\",type=\"stream\"}", 1)]),
        ("/v3/lease/keepalive", """{"ID":"8"}""", [("etcd_debugging_lease_renewed_total", 0.0001)]),
        ("/v3/lease/revoke", """{"ID":"7"}""", [("etcd_debugging_lease_revoked_total", 1)]),
        ("/v3/maintenance/alarm", """{"action":"ACTIVATE","alarm":"NOSPACE","memberID":"9"}""", [("etcd_debugging_server_alarms{alarm_type=\"NOSPACE\",server_id=\"9\"}", 1)]),
        ("/v3/maintenance/alarm", """{"action":"DEACTIVATE","alarm":"NOSPACE","memberID":"9"}""", [("etcd_debugging_server_alarms{alarm_type=\"NOSPACE\",server_id=\"9\"}", -1)]),
        ("GET /health", "", [("etcd_server_health_success", 1)]),
        ("GET /readyz", "", [("etcd_server_healthchecks_total{name=\"linearizable_read\",status=\"success\",type=\"readyz\"}", 1), ("etcd_server_healthcheck{name=\"linearizable_read\",type=\"readyz\"}", 1)]),
        ("/v3/kv/range", "{}", [("etcd_server_range_duration_seconds_count{success=\"false\"}", 1), ("grpc_server_handled_total{grpc_code=\"InvalidArgument\",grpc_method=\"Range\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"}", 1)]),
    ];

    [Fact]
    public async Task EveryFamily_IsThere_AndActsMoveTheirs()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--metrics", "extensive");
        member.Start();
        await member.UntilReadyAsync();
        using var http = new HttpClient();
        var page = await MetricsPage.ReadAsync(http, member);
        Assert.Equal(
            MetricTable.All.Select(metric => $"{metric.Name} {metric.Kind}".ToLowerInvariant()).Order(StringComparer.Ordinal),
            page.Families.Select(family => $"{family.Key} {family.Value}").Order(StringComparer.Ordinal));
        foreach (var (path, body, grown) in Acts)
        {
            var before = await MetricsPage.ReadAsync(http, member);
            await ActAsync(http, member, path, body);
            var after = await MetricsPage.ReadAsync(http, member);
            foreach (var (sample, by) in grown)
            {
                var moved = after[sample] - before[sample];
                // A fraction stands for "not at all", since zero stands for "somehow".
                Assert.True(by == 0 ? moved > 0 : Math.Abs(by) < 1 ? moved == 0 : by > 0 ? moved >= by : moved <= by, $"{path} {body}: {sample} moved by {moved}, not by {by}");
            }
        }
    }

    /// <summary>Those that show a state or need time: a watch, a compaction, a lease that ends, the process.</summary>
    [Fact]
    public async Task States_AreShown()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--quota-backend-bytes", "123456789", "--warning-apply-duration", "1ns", "--snapshot-count", "5");
        member.Start();
        await member.UntilReadyAsync();
        using var http = new HttpClient();
        var page = await MetricsPage.ReadAsync(http, member);
        Assert.Equal((1, 0), (page["etcd_server_feature_enabled{name=\"FastLeaseKeepAlive\",stage=\"BETA\"}"], page["etcd_server_feature_enabled{name=\"InitialCorruptCheck\",stage=\"ALPHA\"}"]));
        foreach (var one in new[] { "etcd_server_has_leader", "etcd_server_is_leader", "etcd_server_leader_changes_seen_total", "etcd_server_version{server_version=\"3.7.1\"}" })
            Assert.Equal((one, 1), (one, page[one]));
        Assert.Equal(123456789, page["etcd_server_quota_backend_bytes"]);
        Assert.Contains(page.Samples, sample => sample.StartsWith("etcd_server_id{server_id=\"", StringComparison.Ordinal));
        Assert.Contains(page.Samples, sample => sample.StartsWith("etcd_server_go_version{server_go_version=\".NET ", StringComparison.Ordinal));
        foreach (var positive in new[] { "process_resident_memory_bytes", "process_virtual_memory_bytes", "etcd_mvcc_db_open_read_transactions", "process_cpu_seconds_total", "process_start_time_seconds", "process_open_fds", "process_max_fds", "os_fd_used", "os_fd_limit", "etcd_mvcc_db_total_size_in_bytes" })
            Assert.True(page[positive] > 0, positive);
        await UntilAsync(http, member, current => current.Samples.Any(sample => sample.StartsWith("etcd_cluster_version{cluster_version=\"3.7", StringComparison.Ordinal)));

        using var watch = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{member.Endpoint}/v3/watch")) { Content = new StringContent("""{"create_request":{"key":"YQ=="}}{"progress_request":{}}""") };
        using var stream = await http.SendAsync(watch, HttpCompletionOption.ResponseHeadersRead);
        for (var i = 0; i < 10; i++)
            await ActAsync(http, member, "/v3/kv/put", """{"key":"YQ=="}""");
        await UntilAsync(http, member, current => current["etcd_debugging_mvcc_watch_stream_total"] == 1 && current["etcd_debugging_mvcc_watcher_total"] == 1 && current["etcd_debugging_mvcc_events_total"] == 10 && current["etcd_server_slow_apply_total"] > 0);
        page = await MetricsPage.ReadAsync(http, member);
        Assert.Equal(
            (1, 1), (page["etcd_debugging_server_watch_send_loop_control_stream_duration_seconds_count"], page["etcd_debugging_server_watch_send_loop_progress_duration_seconds_count"]));
        Assert.InRange(page["etcd_debugging_server_watch_send_loop_watch_stream_duration_seconds_count"], 1, 10);
        Assert.InRange(page["etcd_debugging_server_watch_send_loop_watch_stream_duration_per_event_seconds_count"], 1, 10);
        await ActAsync(http, member, "/v3/kv/compaction", """{"revision":"9","physical":true}""");
        await UntilAsync(http, member, current =>
            current["etcd_debugging_mvcc_compact_revision"] == 9 && current["etcd_debugging_mvcc_db_compaction_keys_total"] == 7 && current["etcd_debugging_mvcc_db_compaction_last"] > 1_000_000_000
            && current["etcd_debugging_mvcc_db_compaction_total_duration_milliseconds_count"] == 1 && current["etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds_count"] > 0
            && current["etcd_debugging_mvcc_index_compaction_pause_duration_milliseconds_count"] > 0);
        foreach (var flush in new[] { "etcd_snap_fsync_duration_seconds_count", "etcd_snap_db_fsync_duration_seconds_count", "etcd_debugging_snap_save_total_duration_seconds_count" })
            Assert.True((await MetricsPage.ReadAsync(http, member))[flush] > 0, flush);
        await ActAsync(http, member, "/v3/lease/grant", """{"TTL":"1","ID":"9"}""");
        await UntilAsync(http, member, current => current["etcd_debugging_server_lease_expired_total"] == 1 && current["etcd_debugging_lease_revoked_total"] == 1);
    }

    [Fact]
    public async Task Peers_OfThree_AreSeenComingAndGoing()
    {
        using var folder = new TestFolder();
        var members = ServerProcess.Cluster(Checkout.Server, folder.Path, 3, "http", _ => []);
        try
        {
            foreach (var member in members)
                member.Start();
            foreach (var member in members)
                await member.UntilReadyAsync();
            using var http = new HttpClient();
            await UntilAsync(http, members[0], page => Sum(page, "etcd_network_known_peers{") == 2 && Sum(page, "etcd_network_active_peers{") == 2
                && Sum(page, "etcd_network_peer_sent_bytes_total{To=") > 0 && Sum(page, "etcd_network_peer_received_bytes_total{From=") > 0
                && Sum(page, "etcd_network_peer_round_trip_time_seconds_count{To=") > 0);
            var calm = await MetricsPage.ReadAsync(http, members[0]);
            Assert.Equal(0, Sum(calm, "etcd_network_disconnected_peers_total{"));
            // Its counter is seen moving in KvStore.Grpc.Tests; here are its series.
            Assert.Equal((2, 0), (calm.Samples.Count(sample => sample.StartsWith("etcd_network_peer_received_failures_total{From=", StringComparison.Ordinal)), Sum(calm, "etcd_network_peer_received_failures_total{")));
            await members[2].KillAsync();
            await UntilAsync(http, members[0], page => Sum(page, "etcd_network_active_peers{") == 1 && Sum(page, "etcd_network_disconnected_peers_total{") > 0
                && Sum(page, "etcd_network_peer_sent_failures_total{To=") > 0);
            await members[1].KillAsync();
            await UntilAsync(http, members[0], page => page["etcd_server_has_leader"] == 0);
            var put = ActAsync(http, members[0], "/v3/kv/put", """{"key":"YQ=="}""");
            await UntilAsync(http, members[0], page => page["etcd_server_proposals_pending"] == 1);
            using var unwell = await http.GetAsync(new Uri($"http://{members[0].Endpoint}/health"));
            Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, unwell.StatusCode);
            await ActAsync(http, members[0], "/v3/kv/range", """{"key":"YQ=="}""");
            await put;
            await UntilAsync(http, members[0], page => page["etcd_server_proposals_failed_total"] == 1 && page["etcd_server_proposals_pending"] == 0
                && page["etcd_server_read_indexes_failed_total"] > 0 && page["etcd_server_slow_read_indexes_total"] > 0 && page["etcd_server_health_failures"] > 0);
        }
        finally
        {
            foreach (var member in members)
                member.Dispose();
        }
    }

    /// <summary>A member that stood still has sent its heartbeats late.</summary>
    [Fact]
    public async Task Heartbeats_OfALeaderThatStoodStill_AreCountedAsLate()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--heartbeat-interval", "10", "--election-timeout", "100");
        member.Start();
        await member.UntilReadyAsync();
        using var http = new HttpClient();
        member.Process.Signal(ChildProcess.SignalStop);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => http.GetStringAsync(new Uri($"http://{member.Endpoint}/health"), patience.Token));
        member.Process.Signal(ChildProcess.SignalContinue);
        await UntilAsync(http, member, page => page["etcd_server_heartbeat_send_failures_total"] > 0);
    }

    /// <summary>A client that watches a long history and reads nothing: its watcher lags, and what was sent to it is on its way.</summary>
    [Fact]
    public async Task Watcher_WhoseClientDoesNotRead_IsSeenLagging()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"));
        member.Start();
        await member.UntilReadyAsync();
        using var http = new HttpClient();
        var megabyte = $$"""{"key":"YQ==","value":"{{Convert.ToBase64String(new byte[1 << 20])}}"}""";
        for (var i = 0; i < 40; i++)
            await ActAsync(http, member, "/v3/kv/put", megabyte);
        using var watch = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{member.Endpoint}/v3/watch")) { Content = new StringContent("""{"create_request":{"key":"YQ==","start_revision":"2"}}""") };
        using var stream = await http.SendAsync(watch, HttpCompletionOption.ResponseHeadersRead);
        await UntilAsync(http, member, page => page["etcd_debugging_mvcc_slow_watcher_total"] == 1 && page["etcd_debugging_mvcc_pending_events_total"] > 0);
    }

    /// <summary>What is no message ends a stream, and is counted.</summary>
    [Fact]
    public async Task Stream_OfSomethingElseThanMessages_IsCounted()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"));
        member.Start();
        await member.UntilReadyAsync();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{member.Endpoint}/etcdserverpb.Watch/Watch"))
        {
            Version = new Version(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent([0, 0, 0, 0, 3, 255, 255, 255]),
        };
        request.Content.Headers.ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue("application/grpc");
        using var answer = await http.SendAsync(request);
        await answer.Content.ReadAsByteArrayAsync();
        await UntilAsync(http, member, page => page["etcd_network_server_stream_failures_total{API=\"watch\",Type=\"receive\"}"] == 1);
    }

    /// <summary>The series that etcd's mixin (dashboard and alerts) asks for, by name.</summary>
    [Fact]
    public void Mixin_FindsItsSeries()
    {
        string[] asked =
        [
            "etcd_server_has_leader", "grpc_server_started_total", "grpc_server_handled_total", "grpc_server_handling_seconds", "etcd_mvcc_db_total_size_in_bytes",
            "etcd_mvcc_db_total_size_in_use_in_bytes", "etcd_disk_wal_fsync_duration_seconds", "etcd_disk_backend_commit_duration_seconds", "process_resident_memory_bytes",
            "etcd_network_client_grpc_received_bytes_total", "etcd_network_client_grpc_sent_bytes_total", "etcd_network_peer_sent_bytes_total",
            "etcd_network_peer_received_bytes_total", "etcd_network_peer_sent_failures_total", "etcd_network_peer_round_trip_time_seconds", "etcd_server_proposals_failed_total",
            "etcd_server_proposals_pending", "etcd_server_proposals_committed_total", "etcd_server_proposals_applied_total", "etcd_server_leader_changes_seen_total",
            "etcd_server_quota_backend_bytes",
        ];
        Assert.Empty(asked.Except(MetricTable.All.Select(metric => metric.Name)));
    }

    private static double Sum(MetricsPage page, string prefix) => page.Samples.Where(sample => sample.StartsWith(prefix, StringComparison.Ordinal)).Sum(sample => page[sample]);

    private static async Task UntilAsync(HttpClient http, ServerProcess member, Func<MetricsPage, bool> holds)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!holds(await MetricsPage.ReadAsync(http, member)))
            await poll.WaitForNextTickAsync(limit.Token);
    }

    private static async Task ActAsync(HttpClient http, ServerProcess member, string path, string body)
    {
        if (path.StartsWith("GET ", StringComparison.Ordinal))
        {
            await http.GetStringAsync(new Uri($"http://{member.Endpoint}{path[4..]}"));
            return;
        }

        using var content = new StringContent(body, Encoding.UTF8);
        using var response = await http.PostAsync(new Uri($"http://{member.Endpoint}{path}"), content);
        await response.Content.ReadAsStringAsync();
    }
}
