using KvStore.Node;
using KvStore.Primitives;
using KvStore.Testing.Time;

namespace KvStore.Api.Tests;

/// <summary>A write that nobody answers ends with the server's limit, and the text says what was known of the cluster meanwhile (contract 2.1).</summary>
public sealed class TimeoutTextTests : IAsyncLifetime
{
    /// <summary>Long elections, so that their window is wide beside the haste of the clock.</summary>
    private const int ElectionTicks = 300;

    private readonly HurriedTime _time = new();

    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync(new ApiOptions { Time = _time, ElectionTicks = ElectionTicks });
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
        // By the same clock as the limit: however late that is told, the write began in the window, two elections (60 s) before the new leader.
        var begun = _time.GetTimestamp();
        _host.Member.Clock = () => new Instant(TimeSpan.FromHours(1).Ticks) + _time.GetElapsedTime(begun);
        _host.Member.Status = _host.Member.Status with { LeaderSince = new Instant(TimeSpan.FromHours(1).Ticks) + TimeSpan.FromSeconds(50) };
        Assert.Equal("Unavailable: etcdserver: request timed out, possibly due to previous leader failure", await PutAsync());
    }

    private Task<string> PutAsync() => _host.RefusalAsync("KV/Put", KvServiceTests.Put("k", "v"));
}
