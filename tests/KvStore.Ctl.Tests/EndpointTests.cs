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
    [InlineData("x y")]
    [InlineData("http://")]
    [InlineData("[::1")]
    [InlineData("a:99999")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1:2379/path")]
    [InlineData("127.0.0.1:2379/")]
    [InlineData("127.0.0.1:2379?x")]
    [InlineData("127.0.0.1:2379#x")]
    [InlineData("user@127.0.0.1:2379")]
    [InlineData("127.0.0.1:2379/path", "--insecure-skip-tls-verify")]
    public async Task Malformed_IsRefusedInOneLine(string endpoint, params string[] flags)
    {
        var run = new CtlRun();
        Assert.Equal(128, await run.RunAsync(["--endpoints", endpoint, .. flags, "get", "k"]));
        Assert.Equal(("", $"Error: endpoint \"{endpoint}\" is no host with a port\n"), (run.Output, run.Errors));
    }

    [Fact]
    public async Task UnknownScheme_IsRefusedInOneLine()
    {
        var run = new CtlRun();
        Assert.Equal(128, await run.RunAsync("--endpoints", "ftp://x:1", "get", "k"));
        Assert.Equal(("", "Error: endpoint ftp://x:1: scheme ftp is none of http, https, unix, unixs\n"), (run.Output, run.Errors));
    }

    /// <summary>As etcdctl does; a URL is more than an address anyway.</summary>
    [Fact]
    public async Task PathOfAUrl_IsOverlooked()
    {
        var run = new CtlRun();
        Assert.Equal((0, ""), (await run.RunAsync("--endpoints", $"http://{member.Endpoint}/path", "get", "none"), run.Errors));
    }

    /// <summary>As etcdctl: each endpoint is answered for, and the exit code is that of the worst.</summary>
    [Theory]
    [InlineData("health", "", " is unhealthy: failed to commit proposal: endpoint \"\" is no host with a port\nError: unhealthy cluster\n")]
    [InlineData("status", "x y", "Failed to get the status of endpoint x y (endpoint \"x y\" is no host with a port)\n")]
    [InlineData("hashkv", "", "Failed to get the hash of endpoint  (endpoint \"\" is no host with a port)\nError: endpoint \"\" is no host with a port\n")]
    public async Task Malformed_AmongOthers_IsOneThatFails(string command, string wrong, string errors)
    {
        var run = new CtlRun();
        Assert.Equal(1, await run.RunAsync("--endpoints", $"{member.Endpoint},{wrong}", "endpoint", command));
        Assert.Equal(errors, run.Errors);
        Assert.StartsWith(member.Endpoint, Assert.Single(run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status", 2, "Error: etcdclient: no available endpoints\n")]
    [InlineData("hashkv", 2, "Error: etcdclient: no available endpoints\n")]
    [InlineData("health", 0, "")]
    public async Task NoEndpoints_IsWhatItIsToEtcdctl(string command, int exit, string errors)
    {
        var run = new CtlRun();
        Assert.Equal((exit, errors), (await run.RunAsync("--endpoints", "", "endpoint", command), run.Errors));
    }
}
