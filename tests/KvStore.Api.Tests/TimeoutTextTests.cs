using KvStore.Node;
using KvStore.Primitives;
using KvStore.Testing.Time;

namespace KvStore.Api.Tests;

/// <summary>A write that nobody answers ends with the server's limit, and the text says what was known of the cluster meanwhile (contract 2.1).</summary>
public sealed class TimeoutTextTests : IAsyncLifetime
{
    private readonly MovedTime _time = new();

    private ApiHost _host = null!;

    private ApiOptions _options = null!;

    /// <summary>How long each write has waited when the table of waiting calls ends it.</summary>
    private TimeSpan Waited => _options.RequestTimeout + _options.TimeoutSlack + TimeSpan.FromSeconds(1);

    public async Task InitializeAsync()
    {
        _options = new ApiOptions { Time = _time };
        _host = await ApiHost.StartAsync(_options);
        _host.Member.HoldsReplies = true;
        _host.Member.Status = _host.Member.Status with { Leader = new MemberId(0xB), Role = NodeRole.Follower };
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Write_WhileNothingChanged_TimedOut() => Assert.Equal("Unavailable: etcdserver: request timed out", await PutAsync());

    [Fact]
    public async Task Write_WithoutAConnectionToTheLeader_SaysSo()
    {
        _host.Peers.Connected = null;
        Assert.Equal("Unavailable: etcdserver: request timed out, possibly due to connection lost", await PutAsync());
    }

    [Fact]
    public async Task Write_BegunWhileTheLastLeaderFailed_SaysSo()
    {
        var begun = _host.Member.Now - Waited;
        _host.Member.Status = _host.Member.Status with { LeaderSince = begun + _options.ElectionTimeout };
        Assert.Equal("Unavailable: etcdserver: request timed out, possibly due to previous leader failure", await PutAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Write_BegunOutsideThatWindow_TimedOut(int elections)
    {
        var begun = _host.Member.Now - Waited;
        _host.Member.Status = _host.Member.Status with { LeaderSince = begun + (elections * _options.ElectionTimeout) };
        Assert.Equal("Unavailable: etcdserver: request timed out", await PutAsync());
    }

    private Task<string> PutAsync()
    {
        _host.Member.AtNextProposal = () => _time.Advance(Waited);
        return _host.RefusalAsync("KV/Put", KvServiceTests.Put("k", "v"));
    }
}
