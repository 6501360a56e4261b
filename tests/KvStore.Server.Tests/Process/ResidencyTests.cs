using System.Globalization;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Process;

/// <summary>--memory-mlock, --memory-bytes and --warning-unary-request-duration on a running member.</summary>
public sealed class ResidencyTests
{
    /// <summary>Where the limit of locked memory allows it, memory is locked; elsewhere the start says what to raise.</summary>
    [Fact]
    public async Task MemoryLock_IsTaken_OrItsRefusalEndsTheStart()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--memory-mlock");
        member.Start();
        try
        {
            await member.UntilReadyAsync();
        }
        catch (InvalidOperationException)
        {
            Assert.Equal(1, member.Process.ExitCode);
            Assert.Contains("--memory-mlock: memory cannot be locked: ", member.Process.Errors, StringComparison.Ordinal);
            return;
        }

        var status = await File.ReadAllLinesAsync(string.Create(CultureInfo.InvariantCulture, $"/proc/{member.Process.Id}/status"));
        var locked = status.Single(line => line.StartsWith("VmLck:", StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1];
        Assert.True(long.Parse(locked, CultureInfo.InvariantCulture) > 0, "no memory is locked");
    }

    /// <summary>The shares as they are in force: the heap's is read back from the runtime.</summary>
    [Fact]
    public async Task Memory_Named_IsSharedOut()
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--memory-bytes=2147483648");
        member.Start();
        await member.UntilReadyAsync();
        Assert.Contains(
            "\"msg\":\"shared out the memory\",\"heap-bytes-max\":1476395008,\"block-cache-bytes\":268435456,\"write-buffer-bytes\":67108864",
            member.Process.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1us", true)]
    [InlineData("0s", false)]
    [InlineData("1h", false)]
    public async Task SlowCall_IsLogged_WithoutWhatItAsked(string limit, bool isLogged)
    {
        using var folder = new TestFolder();
        using var member = ServerProcess.OneMember(Checkout.Server, folder.Combine("data"), "--warning-unary-request-duration", limit);
        member.Start();
        await member.UntilReadyAsync();

        Assert.Equal(0, (await ChildProcess.RunAsync(Checkout.Ctl, ["--endpoints", member.Endpoint, "put", "a-secret-key", "a-secret-value"])).ExitCode);
        await member.TerminateAsync();

        Assert.Equal(isLogged, member.Process.Errors.Contains("\"msg\":\"request stats\"", StringComparison.Ordinal));
        Assert.Equal(isLogged, member.Process.Errors.Contains("\"response type\":\"/etcdserverpb.KV/Put\"", StringComparison.Ordinal));
        Assert.DoesNotContain("a-secret", member.Process.Errors, StringComparison.Ordinal);
    }
}
