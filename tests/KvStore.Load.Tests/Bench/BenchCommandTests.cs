using System.Globalization;
using System.Text.Json;
using KvStore.Testing.Processes;

namespace KvStore.Load.Tests.Bench;

/// <summary>`kvctl bench` against a member.</summary>
public sealed class BenchCommandTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private readonly ServerProcess _server;

    public BenchCommandTests() => _server = ServerProcess.OneMember(Checkout.Server, _folder.Combine("data"));

    public async Task InitializeAsync()
    {
        _server.Start();
        await _server.UntilReadyAsync();
    }

    public Task DisposeAsync()
    {
        _server.Dispose();
        _folder.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Bench_OfEachKind_CountsWhatTheServerDid()
    {
        // 200 puts one after the other fill the space of 100 keys, so that the reads below find them.
        var put = await RunAsync("put", "--sequential-keys", "--key-space", "100", "--total", "200", "--clients", "10", "--conns", "2", "--key-prefix", "b/");
        Assert.Equal((200, 0), Figures(put));
        Assert.Equal("201", await RevisionAsync());

        Assert.Equal((50, 0), Figures(await RunAsync("range", "--key-space", "100", "--total", "50", "--key-prefix", "b/")));
        Assert.Equal((50, 0), Figures(await RunAsync("range", "--key-space", "100", "--total", "50", "--consistency", "s")));
        Assert.Equal((50, 0), Figures(await RunAsync("mixed", "--key-space", "100", "--total", "50", "--read-percent", "100")));
        Assert.Equal((5, 0), Figures(await RunAsync("list", "--key-prefix", "b/", "--limit", "10", "--total", "5")));
        Assert.Equal((5, 0), Figures(await RunAsync("list", "--key-prefix", "b/", "--count-only", "--total", "5")));
        Assert.Equal((5, 0), Figures(await RunAsync("list", "--key-prefix", "b/", "--stream", "--total", "5")));
        Assert.Equal((20, 0), Figures(await RunAsync("lease-keepalive", "--leases", "5", "--total", "20")));
        Assert.Equal("201", await RevisionAsync());

        // The first transaction of a key reads it, each further one puts it.
        Assert.Equal((30, 0), Figures(await RunAsync("txn", "--key-space", "1", "--total", "30", "--key-prefix", "t/")));
        Assert.Equal("231", await RevisionAsync());
    }

    [Fact]
    public async Task BenchWatch_DeliversEveryEventToEveryWatcher()
    {
        var result = await RunAsync("watch", "--watchers", "6", "--streams", "3", "--watch-conns", "2", "--stuck", "2", "--total", "40", "--clients", "4", "--key-space", "10");

        Assert.Equal((240, 0), Figures(result.GetProperty("events")));
        Assert.Equal((40, 0), Figures(result.GetProperty("puts")));
        Assert.Equal(0, result.GetProperty("missing").GetInt64());
    }

    [Fact]
    public async Task Bench_AsText_ShowsThePercentilesAndWritesThePage()
    {
        var page = _folder.Combine("page.html");

        var result = await CtlAsync("bench", "put", "--total", "100", "--report", page);

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.Contains("put\n  100 in ", result.Output, StringComparison.Ordinal);
        Assert.Contains("99.9 %", result.Output, StringComparison.Ordinal);
        Assert.Contains("<polyline", await File.ReadAllTextAsync(page), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--clients must be from 1 to 1000000, not 0", "put", "--clients", "0")]
    [InlineData("--rate must be a number of calls per second, not \"fast\"", "put", "--rate", "fast")]
    [InlineData("--read-percent must be from 0 to 100, not 101", "mixed", "--read-percent", "101")]
    [InlineData("--key-prefix must not be empty: everything under it is watched", "watch", "--key-prefix=")]
    public async Task Bench_WithAValueOutOfBounds_NamesThem(string error, params string[] arguments)
    {
        var result = await CtlAsync(["bench", .. arguments]);

        Assert.Equal((128, $"Error: {error}\n"), (result.ExitCode, result.Errors));
    }

    [Fact]
    public async Task Bench_OfAServerThatIsNotThere_Fails()
    {
        var result = await ChildProcess.RunAsync(Checkout.Ctl,
            ["--endpoints", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePorts.Take(1)[0]}"), "bench", "put", "--total", "3"]);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("Error: put: nothing was done (Unavailable: ", result.Errors, StringComparison.Ordinal);
    }

    private static (long Done, int Failures) Figures(JsonElement result)
    {
        Assert.Equal(result.GetProperty("done").GetInt64(), result.GetProperty("latency").GetProperty("count").GetInt64());
        return (result.GetProperty("done").GetInt64(), result.GetProperty("failures").EnumerateObject().Count());
    }

    private async Task<JsonElement> RunAsync(params string[] arguments)
    {
        var result = await CtlAsync(["bench", .. arguments, "-w", "json"]);
        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        return JsonDocument.Parse(result.Output).RootElement;
    }

    private async Task<string> RevisionAsync()
    {
        var result = await CtlAsync("get", "none", "-w", "json");
        return JsonDocument.Parse(result.Output).RootElement.GetProperty("header").GetProperty("revision").GetRawText();
    }

    private Task<ProcessResult> CtlAsync(params string[] arguments) => ChildProcess.RunAsync(Checkout.Ctl, ["--endpoints", _server.Endpoint, .. arguments]);
}
