using KvStore.Api.Calls;
using KvStore.Protocol.Etcd;
using Action = KvStore.Protocol.Etcd.DowngradeRequest.Types.DowngradeAction;

namespace KvStore.Api.Tests.Maintenance;

/// <summary>Over a real node: the leader lowers the cluster's version while a downgrade is under way, and raises it again.</summary>
public sealed class DowngradeTests : IAsyncLifetime
{
    private ApiHost _host = null!;
    private Func<Node.NodeStatus> _status = null!;

    public async Task InitializeAsync()
    {
        var options = new ApiOptions { Time = TimeProvider.System, TickInterval = TimeSpan.FromMilliseconds(10) };
        var calls = new PendingCalls(options);
        var node = new SingleNode(calls);
        _status = () => node.Status;
        _host = await ApiHost.ServeAsync(node, calls, options);
        await UntilVersionAsync("3.7");
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData("3.6", "")]
    [InlineData("3.6.0", "")]
    [InlineData("3.6.4", "")]
    [InlineData("3.7", "InvalidArgument: etcdserver: invalid downgrade target version")]
    [InlineData("3.5", "InvalidArgument: etcdserver: invalid downgrade target version")]
    [InlineData("4.6", "InvalidArgument: etcdserver: invalid downgrade target version")]
    [InlineData("", "InvalidArgument: etcdserver: wrong downgrade target version format")]
    [InlineData("3", "InvalidArgument: etcdserver: wrong downgrade target version format")]
    [InlineData("x.y", "InvalidArgument: etcdserver: wrong downgrade target version format")]
    public async Task Validate_IsAnsweredAsByEtcd(string version, string refusal)
    {
        var request = new DowngradeRequest { Action = Action.Validate, Version = version };
        if (refusal.Length > 0)
        {
            Assert.Equal(refusal, await _host.RefusalAsync("Maintenance/Downgrade", request));
            return;
        }

        var answer = await _host.CallAsync<DowngradeResponse>("Maintenance/Downgrade", request);
        Assert.Equal("3.7", answer.Version);
        Assert.NotEqual(0UL, answer.Header.MemberId);
        Assert.False((await StatusAsync()).DowngradeInfo.Enabled);
    }

    [Fact]
    public async Task EnableAndCancel_LowerAndRaiseTheClustersVersion()
    {
        await CallAsync(Action.Enable, "3.6");
        var status = await StatusAsync();
        Assert.Equal((true, "3.6.0"), (status.DowngradeInfo.Enabled, status.DowngradeInfo.TargetVersion));
        await UntilVersionAsync("3.6");
        Assert.Equal(
            "InvalidArgument: etcdserver: invalid downgrade target version",
            await _host.RefusalAsync("Maintenance/Downgrade", new DowngradeRequest { Action = Action.Enable, Version = "3.6" }));
        Assert.Equal(
            "FailedPrecondition: etcdserver: cluster has a downgrade job in progress",
            await _host.RefusalAsync("Maintenance/Downgrade", new DowngradeRequest { Action = Action.Validate, Version = "3.5" }));
        await CallAsync(Action.Cancel, "");
        await UntilVersionAsync("3.7");
        Assert.False((await StatusAsync()).DowngradeInfo.Enabled);
        // Nothing under way is no error since etcd 3.6.
        await CallAsync(Action.Cancel, "");
        Assert.Equal("Unknown: etcdserver: unknown method", await _host.RefusalAsync("Maintenance/Downgrade", new DowngradeRequest { Action = (Action)9 }));
    }

    private Task<DowngradeResponse> CallAsync(Action action, string version) =>
        _host.CallAsync<DowngradeResponse>("Maintenance/Downgrade", new DowngradeRequest { Action = action, Version = version });

    private Task<StatusResponse> StatusAsync() => _host.CallAsync<StatusResponse>("Maintenance/Status", new StatusRequest());

    private async Task UntilVersionAsync(string version)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        string Now() => string.Join('.', _status().ClusterVersion.Split('.').Take(2));
        while (Now() != version)
            await poll.WaitForNextTickAsync(limit.Token);
    }
}
