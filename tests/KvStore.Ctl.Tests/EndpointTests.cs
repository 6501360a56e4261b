using System.Net;
using System.Net.Sockets;
using KvStore.Ctl.Tests.Support;

namespace KvStore.Ctl.Tests;

/// <summary>A slip in an endpoint is an error in one line; one that is silent is passed over.</summary>
public sealed class EndpointTests(OneMember member) : IClassFixture<OneMember>
{
    [Theory]
    [InlineData("put", "k", "v")]
    [InlineData("get", "k")]
    [InlineData("del", "none")]
    [InlineData("lease", "list")]
    public async Task Silent_WhereverItStands_IsPassedOver(params string[] words)
    {
        // The kernel accepts for it, as for a process that is stopped.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        for (var place = 0; place < 3; place++)
        {
            var endpoints = Enumerable.Repeat(member.Endpoint, 3).ToArray();
            endpoints[place] = silent.LocalEndpoint.ToString()!;
            var run = new CtlRun();
            // Each run begins anywhere: some begin with the silent one.
            for (var i = 0; i < 4; i++)
            {
                var exit = await run.RunAsync(["--endpoints", string.Join(',', endpoints), "--dial-timeout", "1h", .. words]);
                Assert.Equal((0, ""), (exit, run.Errors));
            }
        }
    }

    [Theory]
    [InlineData("x y", "x y")]
    [InlineData("http://", "http://")]
    [InlineData("[::1", "[::1")]
    [InlineData("a:99999", "a:99999")]
    [InlineData("127.0.0.1:-1", "127.0.0.1:-1")]
    public async Task Malformed_IsRefusedInOneLine(string endpoints, string wrong)
    {
        var run = new CtlRun();
        Assert.NotEqual(0, await run.RunAsync("--endpoints", endpoints, "get", "k"));
        Assert.StartsWith($"Error: endpoint \"{wrong}\" is no host with a port", run.Errors, StringComparison.Ordinal);
        Assert.Equal("", run.Output);
    }
}
