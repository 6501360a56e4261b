using Google.Protobuf;
using KvStore.Grpc.Client;
using KvStore.Protocol.Election;
using KvStore.Protocol.Etcd;

namespace KvStore.Api.Tests.Locks;

/// <summary>Elections by the server (contract 3.10), over a member that applies at once.</summary>
public sealed class ElectionServiceTests : IAsyncLifetime
{
    private const string Service = "/v3electionpb.Election/";

    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Campaign_Alone_IsElectedWithItsKey()
    {
        await GrantAsync(0xab);
        var elected = await CampaignAsync("post", 0xab, "me");
        Assert.Equal(2, elected.Header.Revision);
        Assert.Equal(("post", "post/ab", 2L, 0xabL), (Text(elected.Leader.Name), Text(elected.Leader.Key), elected.Leader.Rev, elected.Leader.Lease));
        var leader = await LeaderAsync("post");
        Assert.Equal(("post/ab", "me", 2L), (Text(leader.Kv.Key), Text(leader.Kv.Value), leader.Header.Revision));
    }

    [Fact]
    public async Task Campaign_AgainWithAnotherValue_KeepsItsPlaceAndSaysItAnew()
    {
        await GrantAsync(1);
        var first = await CampaignAsync("post", 1, "old");
        var second = await CampaignAsync("post", 1, "new");
        Assert.Equal(first.Leader, second.Leader);
        Assert.Equal("new", Text((await LeaderAsync("post")).Kv.Value));
    }

    [Fact]
    public async Task Campaign_WhileAnotherLeads_WaitsForItsResignation()
    {
        using var events = await KeyEvents.OfAsync(_host, "post/");
        await GrantAsync(1);
        await GrantAsync(2);
        var first = await CampaignAsync("post", 1, "one");
        var second = CampaignAsync("post", 2, "two");
        Assert.Equal("PUT post/1", await events.NextAsync());
        Assert.Equal("PUT post/2", await events.NextAsync());
        Assert.Equal("one", Text((await LeaderAsync("post")).Kv.Value));
        Assert.False(second.IsCompleted);
        await _host.CallAsync<ResignResponse>(Service + "Resign", new ResignRequest { Leader = first.Leader });
        var elected = await second;
        // The header is that of the place taken, as etcd's.
        Assert.Equal((elected.Leader.Rev, "post/2"), (elected.Header.Revision, Text(elected.Leader.Key)));
    }

    /// <summary>L12 for elections: etcd would say "elected" to one whose key is gone.</summary>
    [Fact]
    public async Task Campaign_LeaseLostWhileWaiting_IsNotElected()
    {
        using var events = await KeyEvents.OfAsync(_host, "post/");
        await GrantAsync(1);
        await GrantAsync(2);
        var first = await CampaignAsync("post", 1, "one");
        var waiting = _host.RefusalAsync(Service + "Campaign", Campaign("post", 2, "two"));
        Assert.Equal("PUT post/1", await events.NextAsync());
        Assert.Equal("PUT post/2", await events.NextAsync());
        await _host.CallAsync<LeaseRevokeResponse>("Lease/LeaseRevoke", new LeaseRevokeRequest { ID = 2 });
        await _host.CallAsync<ResignResponse>(Service + "Resign", new ResignRequest { Leader = first.Leader });
        Assert.Equal("Unknown: election: not leader", await waiting);
    }

    [Fact]
    public async Task Campaign_CallerGoesAway_GivesItsPlaceUp()
    {
        using var events = await KeyEvents.OfAsync(_host, "post/");
        await GrantAsync(1);
        await GrantAsync(2);
        await CampaignAsync("post", 1, "one");
        Assert.Equal("PUT post/1", await events.NextAsync());
        using var leaving = new CancellationTokenSource();
        var waiting = _host.Channel.UnaryAsync(Service + "Campaign", Campaign("post", 2, "two").ToByteArray(), new CallOptions(), leaving.Token);
        Assert.Equal("PUT post/2", await events.NextAsync());
        await leaving.CancelAsync();
        Assert.Equal("DELETE post/2", await events.NextAsync());
        await Assert.ThrowsAnyAsync<Exception>(() => waiting);
    }

    [Fact]
    public async Task Observe_TellsLeadersAndProclamationsInOrder()
    {
        using var observer = _host.Channel.ServerStreaming(
            Service + "Observe", new LeaderRequest { Name = ByteString.CopyFromUtf8("post") }, LeaderResponse.Parser);
        await GrantAsync(1);
        await GrantAsync(2);
        var first = await CampaignAsync("post", 1, "one");
        Assert.Equal("post/1 one", await NextAsync(observer));
        await _host.CallAsync<ProclaimResponse>(Service + "Proclaim", new ProclaimRequest { Leader = first.Leader, Value = ByteString.CopyFromUtf8("more") });
        Assert.Equal("post/1 more", await NextAsync(observer));
        using var events = await KeyEvents.OfAsync(_host, "post/");
        var second = CampaignAsync("post", 2, "two");
        Assert.Equal("PUT post/2", await events.NextAsync());
        // What the first says after the second came is later than the second's place, and the second is told all the same.
        await _host.CallAsync<ProclaimResponse>(Service + "Proclaim", new ProclaimRequest { Leader = first.Leader, Value = ByteString.CopyFromUtf8("last") });
        Assert.Equal("post/1 last", await NextAsync(observer));
        await _host.CallAsync<ResignResponse>(Service + "Resign", new ResignRequest { Leader = first.Leader });
        Assert.Equal("post/2 two", await NextAsync(observer));
        await _host.CallAsync<ResignResponse>(Service + "Resign", new ResignRequest { Leader = (await second).Leader });
        var third = await CampaignAsync("post", 1, "again");
        Assert.Equal("post/1 again", await NextAsync(observer));
        Assert.Equal(third.Leader.Rev, observer.Current.Header.Revision);
    }

    [Fact]
    public async Task Observe_ServerStops_Ends()
    {
        using var observer = _host.Channel.ServerStreaming(
            Service + "Observe", new LeaderRequest { Name = ByteString.CopyFromUtf8("post") }, LeaderResponse.Parser);
        await GrantAsync(1);
        await CampaignAsync("post", 1, "one");
        Assert.Equal("post/1 one", await NextAsync(observer));
        _host.Stop();
        var ended = await Assert.ThrowsAsync<Grpc.GrpcException>(async () => await observer.MoveNextAsync());
        Assert.Equal("Unavailable: etcdserver: server stopped", ended.Status.ToString());
    }

    [Fact]
    public async Task Proclaim_ByOneWhoLeadsNoMore_IsRefused()
    {
        await GrantAsync(1);
        var elected = await CampaignAsync("post", 1, "one");
        await _host.CallAsync<ResignResponse>(Service + "Resign", new ResignRequest { Leader = elected.Leader });
        Assert.Equal("Unknown: election: not leader", await _host.RefusalAsync(Service + "Proclaim", new ProclaimRequest { Leader = elected.Leader }));
        // To resign twice is no error, as with etcd.
        await _host.CallAsync<ResignResponse>(Service + "Resign", new ResignRequest { Leader = elected.Leader });
        Assert.Equal("Unknown: election: no leader", await _host.RefusalAsync(Service + "Leader", new LeaderRequest { Name = ByteString.CopyFromUtf8("post") }));
    }

    [Theory]
    [InlineData("Proclaim")]
    [InlineData("Resign")]
    public async Task Request_WithoutALeaderKey_IsRefused(string method)
    {
        // Both requests are empty here, and an empty message is the same for every type.
        Assert.Equal("Unknown: \"leader\" field must be provided", await _host.RefusalAsync(Service + method, new ResignRequest()));
    }

    private static async Task<string> NextAsync(ServerStreamingCall<LeaderResponse> observer)
    {
        Assert.True(await observer.MoveNextAsync());
        return $"{Text(observer.Current.Kv.Key)} {Text(observer.Current.Kv.Value)}";
    }

    private Task<CampaignResponse> CampaignAsync(string name, long lease, string value) =>
        _host.CallAsync<CampaignResponse>(Service + "Campaign", Campaign(name, lease, value));

    private Task<LeaderResponse> LeaderAsync(string name) =>
        _host.CallAsync<LeaderResponse>(Service + "Leader", new LeaderRequest { Name = ByteString.CopyFromUtf8(name) });

    private Task<LeaseGrantResponse> GrantAsync(long lease) => _host.CallAsync<LeaseGrantResponse>("Lease/LeaseGrant", new LeaseGrantRequest { ID = lease, TTL = 100 });

    private static CampaignRequest Campaign(string name, long lease, string value) =>
        new() { Name = ByteString.CopyFromUtf8(name), Lease = lease, Value = ByteString.CopyFromUtf8(value) };

    private static string Text(ByteString bytes) => bytes.ToStringUtf8();
}
