using System.Globalization;
using KvStore.Testing.Processes;
using Xunit.Abstractions;

namespace KvStore.Server.Tests.Cluster;

/// <summary>
/// Three members over mutual TLS under load, killed with -9 and stopped with SIGTERM in turn: nothing acknowledged is lost, all
/// members end equal, and writes pause no longer than an election. KVSTORE_KILLS sets the number of kills (20 in the acceptance run).
/// </summary>
public sealed class KillLoopTests(ITestOutputHelper output)
{
    private const int Writers = 100;
    private const int PutsPerSecond = 2000;
    private static readonly TimeSpan GapOfKilledLeader = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan GapOfStoppedLeader = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task KilledInTurnUnderLoad_NothingAcknowledgedIsLost()
    {
        var kills = int.Parse(Environment.GetEnvironmentVariable("KVSTORE_KILLS") ?? "6", CultureInfo.InvariantCulture);
        using var cluster = await TlsCluster.StartAsync(3);
        using var channel = cluster.Connect(cluster.Members);
        using var load = new PutLoad(channel, Writers, PutsPerSecond);
        load.Start();
        await load.UntilAcknowledgedAsync(500, Patience);

        for (var i = 0; i < kills; i++)
        {
            // Each second victim is the leader, so that elections are part of the test whatever the turn.
            var victim = i % 2 == 0 ? await cluster.LeaderAsync() : cluster.Members[i / 2 % 3];
            load.TakeLongestGap();
            await victim.KillAsync();
            await load.UntilAcknowledgedAsync(1000, Patience);
            var gap = load.TakeLongestGap();
            output.WriteLine($"kill {i + 1}: {victim.Name}, longest gap {gap.TotalMilliseconds:f0} ms");
            Assert.True(gap <= GapOfKilledLeader, $"after killing {victim.Name}: no put was acknowledged for {gap}");
            victim.Start();
            await victim.UntilReadyAsync();
            await load.UntilAcknowledgedAsync(1000, Patience);
        }

        await load.StopAsync();
        output.WriteLine($"{load.Acknowledged.Count} acknowledged, {load.Failures} with unknown outcome");
        await cluster.AssertHoldsAsync(load.Acknowledged);
    }

    [Fact]
    public async Task LeaderStoppedBySigterm_HandsOverWithinASecondAndEndsWithinTwo()
    {
        using var cluster = await TlsCluster.StartAsync(3);
        using var channel = cluster.Connect(cluster.Members);
        using var load = new PutLoad(channel, Writers, PutsPerSecond);
        load.Start();
        for (var i = 0; i < 3; i++)
        {
            await load.UntilAcknowledgedAsync(1000, Patience);
            var leader = await cluster.LeaderAsync();
            load.TakeLongestGap();
            leader.Process.Signal(ChildProcess.SignalTerminate);
            await leader.Process.WaitForExitAsync(TimeSpan.FromSeconds(2));
            Assert.Equal(0, leader.Process.ExitCode);
            await load.UntilAcknowledgedAsync(1000, Patience);
            var gap = load.TakeLongestGap();
            output.WriteLine($"stop {i + 1}: {leader.Name}, longest gap {gap.TotalMilliseconds:f0} ms");
            Assert.True(gap <= GapOfStoppedLeader, $"after stopping {leader.Name}: no put was acknowledged for {gap}");
            leader.Start();
            await leader.UntilReadyAsync();
        }

        await load.StopAsync();
        await cluster.AssertHoldsAsync(load.Acknowledged);
    }
}
