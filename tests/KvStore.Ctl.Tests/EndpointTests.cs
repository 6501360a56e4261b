using KvStore.Ctl.Tests.Support;

namespace KvStore.Ctl.Tests;

/// <summary>A slip in an endpoint is an error in one line.</summary>
public sealed class EndpointTests
{
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
