using System.Globalization;
using System.Net;
using System.Net.Sockets;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Server.Tests.Cluster;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Process;

/// <summary>The process as supervisors and harnesses meet it (contract 12).</summary>
public sealed class SupervisorTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task AlmostNoEnvironment_StartsServesAndStops()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember("/usr/bin/env", folder.Combine("data")).Behind("-i", "PATH=" + Environment.GetEnvironmentVariable("PATH"), Checkout.Server);
        member.Start();
        await member.UntilReadyAsync(Patience);
        Assert.True(await member.IsHealthyAsync());
        await member.TerminateAsync();
        Assert.Equal(0, member.Process.ExitCode);
        Assert.DoesNotContain("\"level\":\"error\"", member.Process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PseudoTerminal_WithBothOutputsMerged_HasTheReadyLine()
    {
        using var folder = new TestFolder();
        using var plain = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"));
        var words = string.Join(' ', plain.Arguments.Select(word => $"'{word}'"));
        // script gives its command a terminal of its own and copies what appears there. A shell that runs the tests in the background
        // has its children ignore SIGINT; who sits at a terminal does not.
        using var terminal = ChildProcess.Start("script", ["-qefc", $"exec env --default-signal=INT {Checkout.Server} {words}", "/dev/null"]);
        using var timeout = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!terminal.Output.Contains("ready to serve client requests", StringComparison.Ordinal))
            await poll.WaitForNextTickAsync(timeout.Token);
        Assert.True(await plain.IsHealthyAsync());
        // Ctrl-C, as typed.
        await terminal.Input.WriteAsync('\u0003');
        await terminal.Input.FlushAsync();
        await terminal.WaitForExitAsync(Patience);
        Assert.Equal(0, terminal.ExitCode);
        Assert.Contains("closed the member", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupt_StopsInOrder()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"));
        member.Start();
        await member.UntilReadyAsync(Patience);
        // A terminal's Ctrl-C and a script that stops its children come together; the second is no reason to hurry.
        member.Process.Signal(ChildProcess.SignalInterrupt);
        member.Process.Signal(ChildProcess.SignalTerminate);
        await member.Process.WaitForExitAsync(Patience);
        Assert.Equal(0, member.Process.ExitCode);
        Assert.Contains("closed the member", member.Process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Terminated_WhileItLooksForItsCluster_StopsInOrder()
    {
        using var folder = new TestFolder();
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var alone = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"));
        var cluster = string.Create(CultureInfo.InvariantCulture, $"other=http://{silent.LocalEndpoint},joiner=http://127.0.0.1:{alone.PeerPort}");
        using var joiner = alone.With("--name", "joiner", "--initial-cluster", cluster, "--initial-cluster-state", "existing");
        joiner.Start();
        // It has asked, and hears nothing.
        using var question = await silent.AcceptTcpClientAsync().WaitAsync(Patience);
        joiner.Process.Signal(ChildProcess.SignalTerminate);
        await joiner.Process.WaitForExitAsync(Patience);
        Assert.Equal(0, joiner.Process.ExitCode);
        Assert.Contains("\"msg\":\"stopped\"", joiner.Process.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("closed the member", joiner.Process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LogDirectoryOfItsOwn_HoldsTheLog()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--wal-dir", folder.Combine("wal"), "--unsafe-no-fsync");
        member.Start();
        await member.UntilReadyAsync(Patience);
        Assert.NotEmpty(Directory.GetFiles(folder.Combine("wal")));
        Assert.False(Directory.Exists(Path.Combine(folder.Combine("data"), "member", "wal")));
        await member.KillAsync();
        member.Start();
        await member.UntilReadyAsync(Patience);
    }

    /// <summary>D6: a limit on the size of files stands for a full disk. The operator reads what failed where, and no trace of the program.</summary>
    [Fact]
    public async Task DiskThatTakesNoMore_EndsTheProcessWithOneRecord()
    {
        using var folder = new TestFolder();
        // The signal of that limit would end the process before it can say anything.
        using var member = ServerProcess.OneMember("/bin/sh", folder.Combine("data")).Behind("-c", "trap '' XFSZ; exec \"$@\"", "sh", Checkout.Server);
        member.Start();
        await member.UntilReadyAsync(Patience);
        var limited = await ChildProcess.RunAsync("prlimit", ["--pid", member.Process.Id.ToString(CultureInfo.InvariantCulture), "--fsize=1048576"], limit: Patience);
        Assert.True(limited.ExitCode == 0, limited.Errors);
        using var channel = new GrpcChannel("http://" + member.Endpoint);
        var value = new string('v', 100_000);
        await Assert.ThrowsAsync<GrpcException>(async () =>
        {
            for (var i = 0; i < 1000; i++)
                await channel.PutAsync("k", value);
        });
        await member.Process.WaitForExitAsync(Patience);
        Assert.Equal(1, member.Process.ExitCode);
        Assert.DoesNotContain("   at ", member.Process.Errors, StringComparison.Ordinal);
        var record = Assert.Single(member.Process.Errors.Split('\n'), line => line.Contains("\"level\":\"error\"", StringComparison.Ordinal));
        Assert.Contains("the storage failed; the process stops", record, StringComparison.Ordinal);
        Assert.Contains(folder.Combine("data"), record, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("-version")]
    public async Task Version_BeginsAsEtcds(string flag)
    {
        var result = await ChildProcess.RunAsync(Checkout.Server, [flag], limit: Patience);
        Assert.Equal(0, result.ExitCode);
        var lines = result.Output.Split('\n');
        Assert.Matches(@"^etcd Version: 3\.7\.\d+$", lines[0]);
        Assert.StartsWith("Git SHA: ", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("Go Version: ", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("Go OS/Arch: ", lines[3], StringComparison.Ordinal);
        Assert.Empty(result.Errors);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public async Task Help_ListsFlagsAsEtcdDoes(string flag)
    {
        var result = await ChildProcess.RunAsync(Checkout.Server, [flag], limit: Patience);
        Assert.Equal(0, result.ExitCode);
        // controller-runtime looks for this one before it passes it.
        Assert.Contains("--unsafe-no-fsync", result.Output, StringComparison.Ordinal);
        Assert.Contains("  --name 'default'", result.Output, StringComparison.Ordinal);
    }
}
