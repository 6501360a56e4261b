using KvStore.Api.Metrics;
using KvStore.Node;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;

namespace KvStore.Api.Tests.Metrics;

/// <summary>Families that a healthy server seldom moves; the others are seen moving in KvStore.Server.Tests.</summary>
public sealed class MemberMetricsTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public void Status_OfTheNode_IsShown()
    {
        _host.Member.Status = _host.Member.Status with
        {
            Leader = MemberId.None,
            Role = NodeRole.Learner,
            Counters = new NodeCounters { ProposalsFailed = 3, ProposalsHeld = 4, ReadsFailed = 5, LeaderChanges = 6, ReadsTimedOut = 7, HeartbeatsLate = 8 },
        };
        var page = Page();
        Assert.Contains("\netcd_server_has_leader 0\n", page, StringComparison.Ordinal);
        Assert.Contains("\netcd_server_is_leader 0\n", page, StringComparison.Ordinal);
        Assert.Contains("\netcd_server_is_learner 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\netcd_server_proposals_failed_total 3\n", page, StringComparison.Ordinal);
        Assert.Contains("\netcd_server_proposals_pending 4\n", page, StringComparison.Ordinal);
        Assert.Contains("\netcd_server_read_indexes_failed_total 5\n", page, StringComparison.Ordinal);
        Assert.Contains("\netcd_server_leader_changes_seen_total 6\n", page, StringComparison.Ordinal);
        Assert.Contains("\netcd_server_slow_read_indexes_total 7\n", page, StringComparison.Ordinal);
        Assert.Contains("\netcd_server_heartbeat_send_failures_total 8\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Promotion_ThroughThisMember_IsCounted()
    {
        await _host.CallAsync<MemberPromoteResponse>("Cluster/MemberPromote", new MemberPromoteRequest { ID = 1 });
        Assert.Contains("\netcd_server_learner_promote_successes 1\n", Page(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_ThatIsNotWell_IsCounted()
    {
        _host.Member.ReadError = EtcdErrors.NoLeader;
        await _host.Services.HealthEndpoint.AnswerAsync([], isSerializable: false);
        await _host.Services.HealthEndpoint.AnswerChecksAsync(isReadiness: true, only: null, [], isVerbose: false);
        var page = Page();
        Assert.Contains("\netcd_server_health_failures 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\netcd_server_healthcheck{name=\"linearizable_read\",type=\"readyz\"} 0\n", page, StringComparison.Ordinal);
        Assert.Contains("\netcd_server_healthchecks_total{name=\"linearizable_read\",status=\"error\",type=\"readyz\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("\netcd_server_healthchecks_total{name=\"non_learner\",status=\"success\",type=\"readyz\"} 1\n", page, StringComparison.Ordinal);
    }

    /// <summary>A label's value may hold anything a client sent.</summary>
    [Fact]
    public void Label_IsEscaped() => Assert.Equal("a=\"x\\\\y\\\"z\\n\"", PrometheusText.Label("a", "x\\y\"z\n"));

    private string Page()
    {
        var text = new PrometheusText();
        _host.Services.Metrics.WriteTo(text);
        return text.ToString();
    }
}
