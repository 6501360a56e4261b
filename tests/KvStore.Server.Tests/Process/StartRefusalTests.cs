using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Process;

/// <summary>What an operator sees when a member cannot start: one record that names the flag or the file, the exit code, and no stack trace.</summary>
public sealed class StartRefusalTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(2, "flag provided but not defined: -no-such", "--no-such=1")]
    [InlineData(2, "invalid value \"x\" for flag -heartbeat-interval", "--heartbeat-interval=x")]
    [InlineData(2, "invalid value \"maybe\" for flag -initial-cluster-state", "--initial-cluster-state=maybe")]
    [InlineData(1, "--election-timeout[200ms] should be at least as 5 times as --heartbeat-interval[100ms]", "--election-timeout=200")]
    public async Task WrongFlag_IsOneLine(int exitCode, string message, string argument)
    {
        var result = await ChildProcess.RunAsync(Checkout.Server, [argument], limit: Patience);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.StartsWith(message, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }

    /// <summary>Nothing was written: a start with another port is a first start.</summary>
    [Theory]
    [InlineData("--listen-client-urls")]
    [InlineData("--listen-peer-urls")]
    [InlineData("--listen-metrics-urls")]
    [InlineData("--listen-client-http-urls")]
    public async Task PortInUse_IsOneLineThatNamesTheFlag_AndLeavesNothing(string flag)
    {
        using var folder = new TestFolder();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), flag, url);
        AssertRefusal(await EndAsync(member), $"{flag}: Failed to bind to address {url}: address already in use");
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    /// <summary>Two of its own listeners on one port: neither listens yet, and the kernel would let both be bound.</summary>
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("[::]")]
    [InlineData("localhost")]
    public async Task PortGivenTwice_IsRefused(string host)
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"));
        using var twice = member.With("--listen-metrics-urls", string.Create(CultureInfo.InvariantCulture, $"http://{host}:{member.ClientPort}"));
        AssertRefusal(await EndAsync(twice), "--listen-metrics-urls: Failed to bind to address", "address already in use");
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    /// <summary>A log that goes elsewhere holds the reason too; the terminal still shows it.</summary>
    [Fact]
    public async Task LogInAFile_HoldsTheReason_AndTheTerminalShowsIt()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.Combine("data"), "");
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--log-outputs", folder.Combine("log"), "--log-level", "fatal");
        var process = await EndAsync(member);
        Assert.Equal(1, process.ExitCode);
        var shown = Assert.Single(process.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(folder.Combine("data"), shown, StringComparison.Ordinal);
        using var record = JsonDocument.Parse(Assert.Single(await File.ReadAllLinesAsync(folder.Combine("log"))));
        Assert.Equal("fatal", record.RootElement.GetProperty("level").GetString());
        Assert.Equal(shown, record.RootElement.GetProperty("error").GetString());
    }

    [Fact]
    public async Task DataDirectoryOfARunningMember_IsRefused()
    {
        using var folder = new TestFolder();
        using var first = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"));
        first.Start();
        await first.UntilReadyAsync();
        using var second = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"));
        AssertRefusal(await EndAsync(second), "another process holds the lock", folder.Combine("data"));
        Assert.False(first.Process.HasExited);
    }

    [Fact]
    public async Task KeyOfAnotherCertificate_IsRefused()
    {
        using var folder = new TestFolder();
        await MakeCertificatesAsync(folder.Path);
        using var member = ServerProcess.OneMember(
            Checkout.Server, folder.Combine("data"), "--listen-metrics-urls", "https://127.0.0.1:0",
            "--cert-file", folder.Combine("m1.crt"), "--key-file", folder.Combine("m2.key"));
        AssertRefusal(await EndAsync(member), "cannot use the client certificate", folder.Combine("m1.crt"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no certificate")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public async Task AuthorityThatIsNone_IsRefused(string content)
    {
        using var folder = new TestFolder();
        await MakeCertificatesAsync(folder.Path);
        await File.WriteAllTextAsync(folder.Combine("ca.crt"), content);
        using var member = ServerProcess.OneMember(
            Checkout.Server, folder.Combine("data"), "--peer-cert-file", folder.Combine("m1.crt"), "--peer-key-file", folder.Combine("m1.key"),
            "--peer-trusted-ca-file", folder.Combine("ca.crt"));
        AssertRefusal(await EndAsync(member), "cannot use the peer certificate authorities", folder.Combine("ca.crt"));
    }

    [Fact]
    public async Task CertificateThatIsNotThere_IsRefused()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(
            Checkout.Server, folder.Combine("data"), "--listen-metrics-urls", "https://127.0.0.1:0",
            "--cert-file", folder.Combine("none.crt"), "--key-file", folder.Combine("none.key"));
        var process = await EndAsync(member);
        Assert.Equal((1, $"--cert-file: open {folder.Combine("none.crt")}: no such file\n"), (process.ExitCode, process.Errors));
    }

    [Fact]
    public async Task DataDirectoryThatIsAFile_IsRefused()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.Combine("data"), "");
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"));
        AssertRefusal(await EndAsync(member), folder.Combine("data"));
    }

    /// <summary>C8: also as a member that would ask the others first who it is.</summary>
    [Theory]
    [InlineData("new")]
    [InlineData("existing")]
    public async Task LogThatIsGone_IsRefused(string state)
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--wal-dir", folder.Combine("wal"));
        member.Start();
        await member.UntilReadyAsync();
        await member.KillAsync();
        Directory.Delete(folder.Combine("wal"), recursive: true);
        for (var i = 0; i < 2; i++)
        {
            using var again = member.With("--initial-cluster-state", state);
            AssertRefusal(await EndAsync(again), folder.Combine("wal"), "the log is gone", folder.Combine("data"), "restore from a snapshot");
        }
    }

    [Fact]
    public async Task JoiningWithoutHavingBeenAdded_IsRefused()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"));
        member.Start();
        await member.UntilReadyAsync();
        using var alone = ServerProcess.OneMember(Checkout.Server, folder.Combine("joiner"));
        var cluster = string.Create(CultureInfo.InvariantCulture, $"single=http://127.0.0.1:{member.PeerPort},joiner=http://127.0.0.1:{alone.PeerPort}");
        using var joiner = alone.With("--name", "joiner", "--initial-cluster", cluster, "--initial-cluster-state", "existing");
        AssertRefusal(await EndAsync(joiner), "member count is unequal");
        Assert.False(member.Process.HasExited);
    }

    private static async Task<ChildProcess> EndAsync(ServerProcess member)
    {
        member.Start();
        await member.Process.WaitForExitAsync(Patience);
        return member.Process;
    }

    private static void AssertRefusal(ChildProcess process, params ReadOnlySpan<string> words)
    {
        Assert.True(process.ExitCode == 1, $"exit code {process.ExitCode}:\n{process.Errors}");
        Assert.DoesNotContain("   at ", process.Errors, StringComparison.Ordinal);
        // Everything is the log's, and the reason its last word: nothing was opened, so nothing is closed or stopped.
        using var record = JsonDocument.Parse(process.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        Assert.Equal("fatal", record.RootElement.GetProperty("level").GetString());
        Assert.DoesNotContain("closed the member", process.Errors, StringComparison.Ordinal);
        var line = record.RootElement.GetProperty("error").GetString();
        foreach (var word in words)
            Assert.Contains(word, line, StringComparison.Ordinal);
    }

    private static async Task MakeCertificatesAsync(string folder)
    {
        await TestCertificates.MakeAsync(folder, "ca");
        foreach (var name in new[] { "m1", "m2" })
            await TestCertificates.MakeAsync(folder, "member", name, "127.0.0.1");
    }
}
