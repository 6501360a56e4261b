using KvStore.Ctl.Tests.Support;
using KvStore.Testing.Processes;

namespace KvStore.Ctl.Tests.Process;

/// <summary>etcdctl's exit codes, each from the program as a script runs it.</summary>
public sealed class ExitCodeTests(OneMember member) : IClassFixture<OneMember>
{
    [Theory]
    [InlineData(0, "", "put", "a", "b")]
    [InlineData(1, "Error: etcdserver: key is not provided\n", "put", "", "b")]
    [InlineData(1, "Error: etcdserver: requested lease not found\n", "put", "--lease=123", "a", "b")]
    [InlineData(3, "Error: EOF\n", "txn")]
    [InlineData(4, "Error: unsupported output format\n", "get", "a", "-w", "xml")]
    [InlineData(4, "Error: bad sort order UP\n", "get", "a", "--order", "UP")]
    [InlineData(128, "Error: get command needs one argument as key and an optional argument as range_end\n", "get")]
    [InlineData(128, "Error: bad lease ID (strconv.ParseInt: parsing \"zz\": invalid syntax), expecting ID in Hex\n", "put", "--lease=zz", "a", "b")]
    public async Task Code_IsEtcdctls(int code, string errors, params string[] words)
    {
        var result = await ChildProcess.RunAsync(Checkout.Ctl, ["--endpoints", member.Endpoint, .. words]);
        Assert.Equal((code, errors), (result.ExitCode, result.Errors));
    }

    /// <summary>2: there is nobody to connect to; etcdctl says so of leases, and of a user who cannot log in.</summary>
    [Fact]
    public async Task NobodyToConnectTo_EndsWithBadConnection()
    {
        var nowhere = await ChildProcess.RunAsync(Checkout.Ctl, ["--endpoints", "", "get", "a"]);
        Assert.Equal(new ProcessResult(2, "", "Error: etcdclient: no available endpoints\n"), nowhere);
        var nobody = await ChildProcess.RunAsync(
            Checkout.Ctl, ["--endpoints", $"127.0.0.1:{FreePorts.Take(1)[0]}", "--command-timeout", "200ms", "lease", "list"]);
        Assert.Equal(2, nobody.ExitCode);
        Assert.Equal("Error: context deadline exceeded\n", nobody.Errors);
    }

    /// <summary>5: the server has ended the watch.</summary>
    [Fact]
    public async Task WatchOfCompactedHistory_EndsWithInterrupted()
    {
        Assert.Equal(0, await RunAsync("put", "w", "1"));
        Assert.Equal(0, await RunAsync("put", "w", "2"));
        Assert.Equal(0, await RunAsync("compaction", "3"));
        var result = await ChildProcess.RunAsync(Checkout.Ctl, ["--endpoints", member.Endpoint, "watch", "w", "--rev", "1"]);
        Assert.Equal(5, result.ExitCode);
        Assert.EndsWith("Error: watch is canceled by the server\n", result.Errors, StringComparison.Ordinal);
    }

    /// <summary>1: an interactive watch ends with its program's failure, as one that is not.</summary>
    [Fact]
    public async Task ProgramOfAnInteractiveWatch_Fails_EndsWithError()
    {
        using var child = ChildProcess.Start(Checkout.Ctl, ["--endpoints", member.Endpoint, "watch", "-i"]);
        await child.Input.WriteLineAsync("watch wi -- false");
        var exit = child.WaitForExitAsync(TimeSpan.FromSeconds(30));
        while (!exit.IsCompleted)
            Assert.Equal(0, await RunAsync("put", "wi", "1"));
        await exit;
        Assert.Equal(1, child.ExitCode);
        Assert.Contains("false", child.Errors, StringComparison.Ordinal);
    }

    /// <summary>6: what was asked for cannot be written here.</summary>
    [Fact]
    public async Task ReportThatCannotBeWritten_EndsWithIo()
    {
        var result = await ChildProcess.RunAsync(
            Checkout.Ctl, ["--endpoints", member.Endpoint, "bench", "put", "--total", "1", "--report", "/no/such/folder/page.html"]);
        Assert.Equal(6, result.ExitCode);
        Assert.StartsWith("Error: Could not find a part of the path", result.Errors, StringComparison.Ordinal);
    }

    private async Task<int> RunAsync(params string[] words) => await new CtlRun().RunAsync(["--endpoints", member.Endpoint, .. words]);
}
