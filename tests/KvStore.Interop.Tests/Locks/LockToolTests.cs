using System.Globalization;
using KvStore.Testing.Processes;

namespace KvStore.Interop.Tests.Locks;

/// <summary>
/// `lock` and `elect` of etcdctl and of kvctl stand in one line: each waits for the other, prints what etcdctl prints and ends with
/// its exit codes, on our server and on etcd.
/// </summary>
public sealed class LockToolTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("etcdctl", "kvctl", "ours")]
    [InlineData("kvctl", "etcdctl", "ours")]
    [InlineData("kvctl", "kvctl", "ours")]
    [InlineData("etcdctl", "kvctl", "etcd")]
    [InlineData("kvctl", "etcdctl", "etcd")]
    public async Task Lock_HeldByOneTool_IsWaitedForByTheOther(string first, string second, string server)
    {
        using var folder = new TestFolder();
        using var member = await StartAsync(folder, server);
        using var holder = Start(first, member, "lock", "door");
        Assert.Equal(["door/<lease>", ""], await LinesAsync(holder, 2));
        using var waiter = Start(second, member, "lock", "door");
        await UntilKeysAsync(member, "door/", 2);
        Assert.Equal("", waiter.Output);

        holder.Signal(ChildProcess.SignalTerminate);
        await holder.WaitForExitAsync(Patience);
        Assert.Equal((0, ""), (holder.ExitCode, Said(holder)));
        Assert.Equal(["door/<lease>", ""], await LinesAsync(waiter, 2));

        waiter.Signal(ChildProcess.SignalTerminate);
        await waiter.WaitForExitAsync(Patience);
        Assert.Equal((0, ""), (waiter.ExitCode, Said(waiter)));
        await UntilKeysAsync(member, "door/", 0);
    }

    [Theory]
    [InlineData("etcdctl", "ours")]
    [InlineData("kvctl", "ours")]
    [InlineData("kvctl", "etcd")]
    public async Task Lock_InterruptedWhileWaiting_LeavesTheLine(string tool, string server)
    {
        using var folder = new TestFolder();
        using var member = await StartAsync(folder, server);
        using var holder = Start("etcdctl", member, "lock", "door");
        await LinesAsync(holder, 2);
        using var waiter = Start(tool, member, "lock", "door");
        await UntilKeysAsync(member, "door/", 2);
        waiter.Signal(ChildProcess.SignalTerminate);
        await waiter.WaitForExitAsync(Patience);
        Assert.Equal((1, "", "Error: context canceled\n"), (waiter.ExitCode, waiter.Output, Said(waiter)));
        await UntilKeysAsync(member, "door/", 1);
    }

    [Theory]
    [InlineData("etcdctl", "ours")]
    [InlineData("kvctl", "ours")]
    [InlineData("kvctl", "etcd")]
    public async Task Lock_LeaseRevoked_EndsWithAnError(string tool, string server)
    {
        using var folder = new TestFolder();
        using var member = await StartAsync(folder, server);
        using var holder = Start(tool, member, "lock", "door", "--ttl", "5");
        await LinesAsync(holder, 2);
        var lease = holder.Output.Split('\n')[0]["door/".Length..];
        await RunAsync("etcdctl", member, "lease", "revoke", lease);
        await holder.WaitForExitAsync(Patience);
        Assert.Equal((1, "Error: session expired\n"), (holder.ExitCode, Said(holder)));
    }

    [Theory]
    [InlineData("etcdctl")]
    [InlineData("kvctl")]
    public async Task Lock_WithAProgram_GivesItTheKeyAndTakesItsExitCode(string tool)
    {
        using var folder = new TestFolder();
        using var member = await StartAsync(folder, "ours");
        var result = await RunAsync(tool, member, "lock", "door", "--", "sh", "-c", "cat; echo key=$ETCD_LOCK_KEY rev=$ETCD_LOCK_REV; exit 7");
        Assert.Matches("^key=door/[0-9a-f]+ rev=2\n$", result.Output);
        Assert.Equal((7, "Error: exit status 7\n"), (result.ExitCode, result.Errors));
        await UntilKeysAsync(member, "door/", 0);
    }

    [Theory]
    [InlineData("etcdctl", "kvctl", "ours")]
    [InlineData("kvctl", "etcdctl", "ours")]
    [InlineData("kvctl", "kvctl", "etcd")]
    public async Task Elect_OneAfterTheOther_AndObserved(string first, string second, string server)
    {
        using var folder = new TestFolder();
        using var member = await StartAsync(folder, server);
        using var oneObserver = Start("etcdctl", member, "elect", "-l", "post");
        using var otherObserver = Start("kvctl", member, "elect", "--listen", "post");
        using var leader = Start(first, member, "elect", "post", "one");
        Assert.Equal(["post/<lease>", "one"], await LinesAsync(leader, 2));
        // Seen by both before the next comes: an observer that starts late sees only what is then.
        Assert.Equal(["post/<lease>", "one"], await LinesAsync(oneObserver, 2));
        Assert.Equal(["post/<lease>", "one"], await LinesAsync(otherObserver, 2));
        using var next = Start(second, member, "elect", "post", "two");
        await UntilKeysAsync(member, "post/", 2);
        leader.Signal(ChildProcess.SignalTerminate);
        await leader.WaitForExitAsync(Patience);
        Assert.Equal((0, ""), (leader.ExitCode, Said(leader)));
        Assert.Equal(["post/<lease>", "two"], await LinesAsync(next, 2));
        foreach (var observer in new[] { oneObserver, otherObserver })
        {
            Assert.Equal(["post/<lease>", "one", "post/<lease>", "two"], await LinesAsync(observer, 4));
            observer.Signal(ChildProcess.SignalTerminate);
            await observer.WaitForExitAsync(Patience);
            Assert.Equal((0, ""), (observer.ExitCode, Said(observer)));
        }

        next.Signal(ChildProcess.SignalTerminate);
        await next.WaitForExitAsync(Patience);
        Assert.Equal(0, next.ExitCode);
        await UntilKeysAsync(member, "post/", 0);
    }

    private static async Task<ServerProcess> StartAsync(TestFolder folder, string server)
    {
        var member = ServerProcess.OneMember(server == "etcd" ? Checkout.Etcd : Checkout.Server, folder.Combine("data"));
        member.Start();
        await member.UntilReadyAsync();
        return member;
    }

    private static string Program(string tool) => tool == "etcdctl" ? Checkout.Etcdctl : Checkout.Ctl;

    private static ChildProcess Start(string tool, ServerProcess member, params string[] arguments) =>
        ChildProcess.Start(Program(tool), ["--endpoints", member.Endpoint, .. arguments]);

    private static Task<ProcessResult> RunAsync(string tool, ServerProcess member, params string[] arguments) =>
        ChildProcess.RunAsync(Program(tool), ["--endpoints", member.Endpoint, .. arguments]);

    /// <summary>What was said but for the JSON lines of Go's client.</summary>
    private static string Said(ChildProcess child) => string.Concat(child.Errors.Split('\n').Where(line => line.Length > 0 && line[0] != '{').Select(line => line + "\n"));

    /// <summary>The first lines of output, leases left out, once there are as many.</summary>
    private static async Task<string[]> LinesAsync(ChildProcess child, int count)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (child.Output.Count(c => c == '\n') < count)
        {
            Assert.False(child.HasExited, $"ended with {child.Output}{child.Errors}");
            await poll.WaitForNextTickAsync(limit.Token);
        }

        return [.. child.Output.Split('\n').Take(count).Select(line => line.Contains('/', StringComparison.Ordinal) ? line[..line.IndexOf('/', StringComparison.Ordinal)] + "/<lease>" : line)];
    }

    private static async Task UntilKeysAsync(ServerProcess member, string prefix, int count)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var expected = string.Create(CultureInfo.InvariantCulture, $"\"Count\" : {count}\n");
        while (!(await RunAsync("etcdctl", member, "get", "--prefix", prefix, "--count-only", "-w", "fields")).Output.Contains(expected, StringComparison.Ordinal))
            await poll.WaitForNextTickAsync(limit.Token);
    }
}
