using System.Diagnostics;
using System.Globalization;
using KvStore.Testing.Processes;
using Xunit.Abstractions;

namespace KvStore.Server.Tests.Cluster;

/// <summary>
/// One member after the other of three is replaced under load, and each time somebody is killed with -9 at a moment of chance: the
/// command, the old member, the new one, or the leader. What was killed is started again, and the command repeated. It always ends with
/// three voters that hold everything acknowledged. KVSTORE_REPLACEMENTS sets the number of rounds (20 in the acceptance run), KVSTORE_SEED the moments.
/// </summary>
public sealed class ReplaceKillTests(ITestOutputHelper output)
{
    private const int Writers = 100;
    private const int PutsPerSecond = 2000;

    /// <summary>The load is the clock of the kills: about the time that a replacement takes, at that rate.</summary>
    private const int KilledAfterPutsMax = 5000;

    private static readonly TimeSpan GapMax = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task SomebodyKilledDuringAReplacement_EndsWithThreeMembersThatHoldEverything()
    {
        var rounds = Number("KVSTORE_REPLACEMENTS", 4);
        var chance = new Random(Number("KVSTORE_SEED", 1));
        using var cluster = await TlsCluster.StartAsync(3);
        var acknowledged = new Dictionary<string, long>(StringComparer.Ordinal);
        var replaced = new List<ServerProcess>();
        for (var round = 0; round < rounds; round++)
        {
            var victim = (ReplacementVictim)(round % 4);
            // Each second time the leader itself is replaced.
            var old = chance.Next(2) == 0 ? await cluster.LeaderAsync() : cluster.Members[chance.Next(3)];
            using var channel = cluster.Connect(cluster.Members);
            using var load = new PutLoad(channel, Writers, PutsPerSecond, string.Create(CultureInfo.InvariantCulture, $"{round:d3}/"));
            load.Start();
            await load.UntilAcknowledgedAsync(200, Patience);
            load.TakeLongestGap();
            var began = Stopwatch.GetTimestamp();
            using var replacement = new Replacement(cluster, old, await cluster.MakeJoinerAsync());
            var story = await replacement.RunAsync(victim, load, chance.Next(KilledAfterPutsMax));
            var took = Stopwatch.GetElapsedTime(began);
            await load.UntilAcknowledgedAsync(500, Patience);
            var gap = load.TakeLongestGap();
            await load.StopAsync();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"round {round + 1}: {old.Name} replaced in {took.TotalMilliseconds:f0} ms, {story}; longest gap {gap.TotalMilliseconds:f0} ms, {load.Acknowledged.Count} acknowledged, {load.Failures} with unknown outcome"));
            Assert.True(gap <= GapMax, $"round {round + 1}: no put was acknowledged for {gap}");
            await AssertThreeVotersAsync(cluster);
            foreach (var (key, revision) in load.Acknowledged)
                acknowledged.Add(key, revision);
            await cluster.AssertHoldsAsync(load.Acknowledged);
            replaced.Add(old);
        }

        await cluster.AssertHoldsAsync(acknowledged);
        foreach (var member in replaced)
        {
            // C1: also one that was killed and came back with its old data.
            await member.Process.WaitForExitAsync(Patience);
            Assert.Equal(0, member.Process.ExitCode);
        }

        output.WriteLine($"{acknowledged.Count} acknowledged, all there; HashKV equal");
    }

    private static async Task AssertThreeVotersAsync(TlsCluster cluster)
    {
        foreach (var member in cluster.Members)
        {
            Assert.False(member.Process.HasExited, $"{member.Name} ended: {member.Process.Errors}");
            using var channel = cluster.Connect(member);
            var members = (await channel.MembersAsync()).Members;
            Assert.Equal(cluster.Members.Select(static other => other.Name).Order(), members.Select(static other => other.Name).Order());
            Assert.DoesNotContain(members, static other => other.IsLearner);
        }
    }

    private static int Number(string variable, int otherwise) =>
        int.Parse(Environment.GetEnvironmentVariable(variable) ?? otherwise.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
