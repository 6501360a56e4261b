using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Node;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Health;
using KvStore.Testing.Time;

namespace KvStore.Api.Tests;

/// <summary>Lease, Cluster, Maintenance, Health, the rules before every call, and the plain endpoints.</summary>
public sealed class OtherServicesTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Lease_FromGrantToRevoke()
    {
        var granted = await _host.CallAsync<LeaseGrantResponse>("Lease/LeaseGrant", new LeaseGrantRequest { TTL = 1 });
        Assert.Equal(2, granted.TTL);
        Assert.True(granted.ID > 0);
        Assert.Equal(1, granted.Header.Revision);
        await _host.CallAsync<PutResponse>("KV/Put", new PutRequest { Key = ByteString.CopyFromUtf8("k"), Lease = granted.ID });
        var left = await _host.CallAsync<LeaseTimeToLiveResponse>("Lease/LeaseTimeToLive", new LeaseTimeToLiveRequest { ID = granted.ID });
        Assert.Equal((granted.ID, 2, 2), (left.ID, left.TTL, left.GrantedTTL));
        Assert.Equal([granted.ID], (await _host.CallAsync<LeaseLeasesResponse>("Lease/LeaseLeases", new LeaseLeasesRequest())).Leases.Select(lease => lease.ID));
        Assert.Equal(3, (await _host.CallAsync<LeaseRevokeResponse>("Lease/LeaseRevoke", new LeaseRevokeRequest { ID = granted.ID })).Header.Revision);
        Assert.Equal(
            "NotFound: etcdserver: requested lease not found",
            await _host.RefusalAsync("Lease/LeaseRevoke", new LeaseRevokeRequest { ID = granted.ID }));
        Assert.Equal(-1, (await _host.CallAsync<LeaseTimeToLiveResponse>("Lease/LeaseTimeToLive", new LeaseTimeToLiveRequest { ID = granted.ID })).TTL);
    }

    /// <summary>The alarm is judged before the time that is asked for, as by etcd.</summary>
    [Fact]
    public async Task Grant_OfATtlTooLargeDuringAnAlarm_IsRefusedForTheAlarm()
    {
        await _host.CallAsync<AlarmResponse>("Maintenance/Alarm", Alarm(AlarmRequest.Types.AlarmAction.Activate));
        Assert.Equal(
            "ResourceExhausted: etcdserver: mvcc: database space exceeded", await _host.RefusalAsync("Lease/LeaseGrant", new LeaseGrantRequest { TTL = 9_000_000_001 }));
    }

    [Fact]
    public async Task Grant_OfATtlTooLarge_IsRefused() => Assert.Equal(
        "OutOfRange: etcdserver: too large lease TTL", await _host.RefusalAsync("Lease/LeaseGrant", new LeaseGrantRequest { TTL = 9_000_000_001 }));

    [Fact]
    public async Task KeepAlive_RenewsAndAnswersZeroForAnUnknownLease()
    {
        await _host.CallAsync<LeaseGrantResponse>("Lease/LeaseGrant", new LeaseGrantRequest { TTL = 30, ID = 5 });
        using var keepAlive = KeepAlive();
        Assert.Equal((5, 30), await RenewAsync(keepAlive, 5));
        Assert.Equal((6, 0), await RenewAsync(keepAlive, 6));
        await keepAlive.CompleteAsync();
        Assert.False(await keepAlive.MoveNextAsync());
    }

    // L3, L6: a member that does not lead asks the leader, and never answers by itself.
    [Fact]
    public async Task KeepAlive_OnAFollower_IsAnsweredByTheLeader()
    {
        _host.Member.Status = _host.Member.Status with { Role = NodeRole.Follower, Leader = new MemberId(0xB) };
        _host.Peers.Answer = (to, method, _) =>
        {
            Assert.Equal((0xBUL, "lease/keepalive"), (to.Value, method));
            return new LeaseKeepAliveResponse { ID = 5, TTL = 77 }.ToByteArray();
        };
        using var keepAlive = KeepAlive();
        Assert.Equal((5, 77), await RenewAsync(keepAlive, 5));
    }

    /// <summary>What is read at the answer's revision the lease still protected; method: a key changes while the leader renews.</summary>
    [Fact]
    public async Task KeepAlive_KeysChangeMeanwhile_HasTheRevisionOfBeforeTheRenewal()
    {
        _host.Member.Status = _host.Member.Status with { Role = NodeRole.Follower, Leader = new MemberId(0xB) };
        _host.Peers.Answer = (_, _, _) =>
        {
            _host.Member.Apply(StateMachine.CommandKind.Put, KvServiceTests.Put("k", "v"));
            return new LeaseKeepAliveResponse { ID = 5, TTL = 77 }.ToByteArray();
        };
        using var keepAlive = KeepAlive();
        Assert.Equal((5, 77), await RenewAsync(keepAlive, 5));
        Assert.Equal(new ResponseHeader { ClusterId = 0xC, MemberId = 0xA, Revision = 1, RaftTerm = 7 }, keepAlive.Current.Header);
        Assert.Equal((5, 77), await RenewAsync(keepAlive, 5));
        Assert.Equal(2, keepAlive.Current.Header.Revision);
    }

    [Fact]
    public async Task KeepAlive_ThatWantsALeader_EndsWhenThereIsNone()
    {
        await using var host = await ApiHost.StartAsync(new ApiOptions { Time = TimeProvider.System, TickInterval = TimeSpan.FromMilliseconds(5) });
        var headers = new Metadata();
        headers.Add("hasleader", "true");
        using var keepAlive = host.Channel.Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(
            ApiHost.Path("Lease/LeaseKeepAlive"), LeaseKeepAliveResponse.Parser, new CallOptions { Headers = headers });
        Assert.Equal((6, 0), await RenewAsync(keepAlive, 6));
        host.Member.Status = host.Member.Status with { Role = NodeRole.Follower, Leader = MemberId.None };
        var ended = await Assert.ThrowsAsync<GrpcException>(async () => await keepAlive.MoveNextAsync());
        Assert.Equal("Unavailable: etcdserver: no leader", ended.Status.ToString());
    }

    [Fact]
    public async Task KeepAlive_WithoutALeader_EndsRetriable()
    {
        await using var host = await ApiHost.StartAsync(new ApiOptions { Time = new HurriedTime(), TickInterval = TimeSpan.FromMilliseconds(5) });
        host.Member.Status = host.Member.Status with { Role = NodeRole.Follower, Leader = MemberId.None };
        Assert.Equal(
            "Unavailable: etcdserver: request timed out", await host.RefusalAsync("Lease/LeaseTimeToLive", new LeaseTimeToLiveRequest { ID = 5 }));
    }

    // The answering end on a member that was deposed meanwhile.
    [Fact]
    public async Task PeerCall_OnAMemberThatDoesNotLead_IsRefused()
    {
        _host.Member.Status = _host.Member.Status with { Role = NodeRole.Follower, Leader = new MemberId(0xB) };
        var refused = await Assert.ThrowsAsync<GrpcException>(async () =>
            await _host.Services.PeerCalls.AnswerAsync("lease/keepalive", new LeaseKeepAliveRequest { ID = 5 }.ToByteArray()));
        Assert.Equal("FailedPrecondition: etcdserver: not leader", refused.Status.ToString());
    }

    [Fact]
    public async Task MemberList_HasRevisionZeroInItsHeader()
    {
        var list = await _host.CallAsync<MemberListResponse>("Cluster/MemberList", new MemberListRequest { Linearizable = true });
        Assert.Equal(new ResponseHeader { ClusterId = 0xC, MemberId = 0xA, RaftTerm = 7 }, list.Header);
        Assert.Equal(
            new Member { ID = 0xA, Name = "a", PeerURLs = { "http://a:2380" }, ClientURLs = { "http://a:2379" } }, Assert.Single(list.Members));
        Assert.Equal(1, _host.Member.Reads);
    }

    [Theory]
    [InlineData]
    [InlineData("a:2380")]
    [InlineData("ftp://a:2380")]
    [InlineData("http://a")]
    [InlineData("http://a:2380/path")]
    [InlineData("http://a:2380", "http://b:x")]
    public async Task MemberAdd_WithBadAddresses_IsRefused(params string[] urls) => Assert.Equal(
        "InvalidArgument: etcdserver: given member URLs are invalid",
        await _host.RefusalAsync("Cluster/MemberAdd", new MemberAddRequest { PeerURLs = { urls } }));

    /// <summary>An alarm may name no member; then Go's text of it has none.</summary>
    [Fact]
    public async Task Status_OfAnAlarmOfNoMember_NamesNone()
    {
        var alarm = Alarm(AlarmRequest.Types.AlarmAction.Activate);
        alarm.MemberID = 0;
        await _host.CallAsync<AlarmResponse>("Maintenance/Alarm", alarm);
        var status = await _host.CallAsync<StatusResponse>("Maintenance/Status", new StatusRequest());
        Assert.Equal(["alarm:NOSPACE "], status.Errors);
    }

    [Fact]
    public async Task MemberChanges_ReachTheMember()
    {
        await _host.CallAsync<MemberAddResponse>("Cluster/MemberAdd", new MemberAddRequest { PeerURLs = { "http://[::1]:2380" }, IsLearner = true });
        await _host.CallAsync<MemberUpdateResponse>("Cluster/MemberUpdate", new MemberUpdateRequest { ID = 3, PeerURLs = { "http://c:1" } });
        await _host.CallAsync<MemberPromoteResponse>("Cluster/MemberPromote", new MemberPromoteRequest { ID = 3 });
        var removed = await _host.CallAsync<MemberRemoveResponse>("Cluster/MemberRemove", new MemberRemoveRequest { ID = 3 });
        Assert.Equal(0xAUL, removed.Members.Single().ID);
        Assert.Equal(
            [MembershipRequestKind.AddLearner, MembershipRequestKind.Update, MembershipRequestKind.Promote, MembershipRequestKind.Remove],
            _host.Member.Changes.Select(change => change.Kind));
    }

    [Fact]
    public async Task Status_HasEveryField()
    {
        await _host.CallAsync<AlarmResponse>("Maintenance/Alarm", Alarm(AlarmRequest.Types.AlarmAction.Activate));
        var status = await _host.CallAsync<StatusResponse>("Maintenance/Status", new StatusRequest());
        Assert.Equal(("3.7.1", "3.7.0", 0xAUL, 7UL), (status.Version, status.StorageVersion, status.Leader, status.RaftTerm));
        Assert.True(status.DbSize > 0 && status.DbSizeInUse > 0);
        Assert.Equal(2147483648, status.DbSizeQuota);
        Assert.NotNull(status.DowngradeInfo);
        Assert.Equal(["memberID:10 alarm:NOSPACE "], status.Errors);
        _host.Member.Status = _host.Member.Status with { Leader = MemberId.None, Role = NodeRole.Learner, CommitIndex = new LogIndex(9), AppliedIndex = new LogIndex(8) };
        status = await _host.CallAsync<StatusResponse>("Maintenance/Status", new StatusRequest());
        Assert.Contains("etcdserver: no leader", status.Errors);
        Assert.Equal((true, 9UL, 8UL), (status.IsLearner, status.RaftIndex, status.RaftAppliedIndex));
    }

    [Fact]
    public async Task Hash_IsOfWhatIsStored()
    {
        var empty = await _host.CallAsync<HashResponse>("Maintenance/Hash", new HashRequest());
        await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("k", "v"));
        var one = await _host.CallAsync<HashResponse>("Maintenance/Hash", new HashRequest());
        Assert.NotEqual(empty.Hash, one.Hash);
        Assert.Equal((await _host.CallAsync<HashKVResponse>("Maintenance/HashKV", new HashKVRequest())).Hash, one.Hash);
        Assert.Equal(2, one.Header.Revision);
    }

    [Fact]
    public async Task Downgrade_OfAClusterWithoutAVersion_IsRefused()
    {
        _host.Member.Status = _host.Member.Status with { ClusterVersion = "" };
        Assert.Equal(
            "FailedPrecondition: etcdserver: cluster version not found during downgrade",
            await _host.RefusalAsync("Maintenance/Downgrade", new DowngradeRequest { Action = DowngradeRequest.Types.DowngradeAction.Validate, Version = "3.6" }));
    }

    /// <summary>A stream that tells the state at once and stays open: the state does not change while the process lives.</summary>
    [Fact]
    public async Task HealthWatch_TellsTheStateAndStaysOpen()
    {
        foreach (var (service, expected) in new[] { ("", HealthCheckResponse.Types.ServingStatus.Serving), ("etcdserverpb.Lease", HealthCheckResponse.Types.ServingStatus.Serving), ("x", HealthCheckResponse.Types.ServingStatus.ServiceUnknown) })
        {
            using var ended = new CancellationTokenSource();
            using var watch = _host.Channel.ServerStreaming("/grpc.health.v1.Health/Watch", new HealthCheckRequest { Service = service }, HealthCheckResponse.Parser, cancellationToken: ended.Token);
            Assert.True(await watch.MoveNextAsync());
            Assert.Equal(expected, watch.Current.Status);
            var next = watch.MoveNextAsync();
            Assert.False(next.IsCompleted);
            await ended.CancelAsync();
            await Assert.ThrowsAnyAsync<Exception>(async () => await next);
        }
    }

    [Fact]
    public async Task Alarm_WithAnUnknownAction_IsRefused() => Assert.Equal(
        "Unknown: etcdserver: unknown method", await _host.RefusalAsync("Maintenance/Alarm", Alarm((AlarmRequest.Types.AlarmAction)9)));

    [Fact]
    public async Task HashKv_AnswersForItsRevision()
    {
        await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("k", "v"));
        var hash = await _host.CallAsync<HashKVResponse>("Maintenance/HashKV", new HashKVRequest());
        Assert.Equal((2, -1, 2), (hash.HashRevision, hash.CompactRevision, hash.Header.Revision));
        Assert.NotEqual(0u, hash.Hash);
        Assert.Equal(
            "OutOfRange: etcdserver: mvcc: required revision is a future revision",
            await _host.RefusalAsync("Maintenance/HashKV", new HashKVRequest { Revision = 3 }));
    }

    // Contract 1.3: no header.
    [Fact]
    public async Task DefragmentAndMoveLeader_HaveNoHeader()
    {
        Assert.Null((await _host.CallAsync<DefragmentResponse>("Maintenance/Defragment", new DefragmentRequest())).Header);
        Assert.Null((await _host.CallAsync<MoveLeaderResponse>("Maintenance/MoveLeader", new MoveLeaderRequest { TargetID = 0xB })).Header);
        Assert.Equal(
            "FailedPrecondition: etcdserver: bad leader transferee",
            await _host.RefusalAsync("Maintenance/MoveLeader", new MoveLeaderRequest { TargetID = 0xD }));
        _host.Member.Status = _host.Member.Status with { Role = NodeRole.Follower };
        Assert.Equal(
            "FailedPrecondition: etcdserver: not leader",
            await _host.RefusalAsync("Maintenance/MoveLeader", new MoveLeaderRequest { TargetID = 0xB }));
    }

    [Fact]
    public async Task Health_OfKnownServices_IsServing()
    {
        foreach (var service in new[] { "", "etcdserverpb.KV" })
        {
            var answer = await _host.CallAsync<HealthCheckResponse>("/grpc.health.v1.Health/Check", new HealthCheckRequest { Service = service });
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, answer.Status);
        }

        Assert.Equal("NotFound: unknown service", await _host.RefusalAsync("/grpc.health.v1.Health/Check", new HealthCheckRequest { Service = "x" }));
    }

    [Fact]
    public void MissingRpcs_AreExactlyThoseWithoutAHandler() =>
        Assert.Equal(MissingRpcs.Paths.Order(StringComparer.Ordinal), _host.Services.Table.Missing.Select(method => method.Path).Order(StringComparer.Ordinal));

    [Fact]
    public async Task UnknownRpc_IsUnimplemented() => Assert.Equal(
        "Unimplemented: unknown method Upgrade for service etcdserverpb.Maintenance", await _host.RefusalAsync("Maintenance/Upgrade", new DowngradeRequest()));

    [Fact]
    public async Task WantsLeader_WithoutOne_IsRefused()
    {
        _host.Member.Status = _host.Member.Status with { Leader = MemberId.None };
        var headers = new Metadata();
        headers.Add("hasleader", "true");
        Assert.Equal("Unavailable: etcdserver: no leader", await _host.RefusalAsync("KV/Range", Range(serializable: true), headers));
        var other = new Metadata();
        other.Add("hasleader", "1");
        await _host.CallAsync<RangeResponse>("KV/Range", Range(serializable: true), other);
    }

    [Fact]
    public async Task Learner_AnswersOnlyStatusAndSerializableRanges()
    {
        _host.Member.Status = _host.Member.Status with { Role = NodeRole.Learner };
        const string refused = "FailedPrecondition: etcdserver: rpc not supported for learner";
        Assert.Equal(refused, await _host.RefusalAsync("KV/Put", KvServiceTests.Put("k", "v")));
        Assert.Equal(refused, await _host.RefusalAsync("KV/Range", Range(serializable: false)));
        Assert.Equal(refused, await _host.RefusalAsync("Cluster/MemberList", new MemberListRequest()));
        await _host.CallAsync<RangeResponse>("KV/Range", Range(serializable: true));
        Assert.True((await _host.CallAsync<StatusResponse>("Maintenance/Status", new StatusRequest())).IsLearner);
    }

    [Fact]
    public async Task HealthEndpoint_SaysWhatIsWrongInEtcdsOrder()
    {
        Assert.Equal((200, """{"health":"true","reason":""}"""), await HealthAsync());
        _host.Member.ReadError = Protocol.EtcdErrors.Timeout;
        Assert.Equal((503, "{\"health\":\"false\",\"reason\":\"RANGE ERROR:etcdserver: request timed out\"}\n"), await HealthAsync());
        _host.Member.Status = _host.Member.Status with { Leader = MemberId.None };
        Assert.Equal((503, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}\n"), await HealthAsync());
        await _host.CallAsync<AlarmResponse>("Maintenance/Alarm", Alarm(AlarmRequest.Types.AlarmAction.Activate));
        Assert.Equal((503, "{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}\n"), await HealthAsync());
        Assert.Equal(200, (await _host.Services.HealthEndpoint.AnswerAsync(["NOSPACE"], isSerializable: true)).StatusCode);
    }

    [Fact]
    public async Task ReadyEndpoint_NamesItsChecks()
    {
        var endpoint = _host.Services.HealthEndpoint;
        Assert.Equal("ok\n", (await endpoint.AnswerChecksAsync(isReadiness: false, only: null, [], isVerbose: false)).Body);
        Assert.Equal(
            "[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n[+]non_learner ok\nok\n",
            (await endpoint.AnswerChecksAsync(isReadiness: true, only: null, [], isVerbose: true)).Body);
        _host.Member.ReadError = Protocol.EtcdErrors.Timeout;
        var failed = await endpoint.AnswerChecksAsync(isReadiness: true, only: "linearizable_read", [], isVerbose: false);
        Assert.Equal((503, "[-]linearizable_read failed: etcdserver: request timed out\n\n"), (failed.StatusCode, failed.Body));
        Assert.Equal(200, (await endpoint.AnswerChecksAsync(isReadiness: true, only: null, ["linearizable_read"], isVerbose: false)).StatusCode);
    }

    [Fact]
    public void VersionEndpoint_IsNumericOrSaysThatItIsNotDecided()
    {
        Assert.Equal("""{"etcdserver":"3.7.1","etcdcluster":"3.7.0","storage":"3.7.0"}""", _host.Services.VersionEndpoint.Answer().Body);
        _host.Member.Status = _host.Member.Status with { ClusterVersion = "" };
        Assert.Contains("\"etcdcluster\":\"not_decided\"", _host.Services.VersionEndpoint.Answer().Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_MoveUnderEtcdsNames()
    {
        await _host.CallAsync<PutResponse>("KV/Put", KvServiceTests.Put("k", "v"));
        var text = new KvStore.Api.Metrics.PrometheusText();
        _host.Services.Metrics.WriteTo(text);
        var lines = text.ToString().Split('\n');
        Assert.Contains("grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Put\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 1", lines);
        Assert.Contains("grpc_server_started_total{grpc_method=\"Watch\",grpc_service=\"etcdserverpb.Watch\",grpc_type=\"bidi_stream\"} 0", lines);
        Assert.Contains("etcd_debugging_mvcc_current_revision 2", lines);
        Assert.Contains("etcd_server_has_leader 1", lines);
    }

    private async Task<(int, string)> HealthAsync()
    {
        var answer = await _host.Services.HealthEndpoint.AnswerAsync([], isSerializable: false);
        return (answer.StatusCode, answer.Body);
    }

    private DuplexCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> KeepAlive() =>
        _host.Channel.Duplex<LeaseKeepAliveRequest, LeaseKeepAliveResponse>(ApiHost.Path("Lease/LeaseKeepAlive"), LeaseKeepAliveResponse.Parser);

    private static async Task<(long, long)> RenewAsync(DuplexCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> keepAlive, long lease)
    {
        await keepAlive.WriteAsync(new LeaseKeepAliveRequest { ID = lease });
        Assert.True(await keepAlive.MoveNextAsync());
        return (keepAlive.Current.ID, keepAlive.Current.TTL);
    }

    private static RangeRequest Range(bool serializable) => new() { Key = ByteString.CopyFromUtf8("k"), Serializable = serializable };

    private static AlarmRequest Alarm(AlarmRequest.Types.AlarmAction action) =>
        new() { Action = action, MemberID = 10, Alarm = AlarmType.Nospace };
}
