using KvStore.Client.Tests.Support;
using KvStore.Grpc;
using KvStore.Testing.Processes;

namespace KvStore.Client.Tests.Connection;

/// <summary>A client of three members while the one that leads is killed.</summary>
public sealed class FailoverTests
{
    private const int Writers = 4;

    /// <summary>
    /// Method: writers put keys of their own, one after the other, while the leader is killed and afterwards. Each key was put at most
    /// once, those acknowledged exactly once at the revision that was told; a watch saw each of them once, and a session lived on.
    /// </summary>
    [Fact]
    public async Task LeaderKilled_WritesGoOn_NoneTwice_NoEventLost_NoLeaseLost()
    {
        using var folder = new TestFolder();
        var cluster = ServerProcess.Cluster(Checkout.Server, folder.Path, 3, "http", _ => ["--heartbeat-interval", "50", "--election-timeout", "500"]);
        try
        {
            foreach (var member in cluster)
                member.Start();
            foreach (var member in cluster)
                await member.UntilReadyAsync();
            using var client = new KvClient(new KvClientOptions { Endpoints = [.. cluster.Select(member => member.Endpoint)], CallTimeout = Limits.Patience });
            await using var session = await Session.OpenAsync(client, TimeSpan.FromSeconds(5), Limits.Patient());
            await using var watch = await client.Watch.StartAsync(KeyRange.Prefix("put/"), cancellationToken: Limits.Patient());
            var leader = await LeaderAsync(cluster);
            var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var begun = new CountdownEvent(Writers);
            var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => WriteAsync(client, writer, begun, killed.Task)));
            await Task.Run(() => begun.Wait(Limits.Patience));
            await leader.KillAsync();
            killed.SetResult();
            var outcomes = (await writing).SelectMany(each => each).ToDictionary(pair => pair.Key, pair => pair.Revision);

            var held = new Dictionary<string, KvEntry>(StringComparer.Ordinal);
            await foreach (var entry in client.Kv.ReadAllAsync(KeyRange.Prefix("put/"), cancellationToken: Limits.Patient()))
                held.Add(entry.Key.ToString(), entry);
            Assert.All(held.Values, entry => Assert.Equal(1, entry.Version));
            Assert.All(outcomes.Where(outcome => outcome.Value is not null), outcome => Assert.Equal(outcome.Value, held[outcome.Key].ModRevision.Value));
            Assert.All(held.Keys, key => Assert.True(outcomes.ContainsKey(key)));

            var seen = new List<string>();
            while (seen.Count < held.Count)
                seen.AddRange((await watch.ReadAsync(Limits.Patient())).Events.Select(change => change.Key.ToString()));
            Assert.Equal(held.Values.OrderBy(entry => entry.ModRevision).Select(entry => entry.Key.ToString()), seen);
            Assert.False(session.Lost.IsCancellationRequested);
        }
        finally
        {
            foreach (var member in cluster)
                member.Dispose();
        }
    }

    /// <summary>Puts until ten puts after the kill have been acknowledged; a null revision is an outcome that is not known.</summary>
    private static async Task<List<(string Key, long? Revision)>> WriteAsync(KvClient client, int writer, CountdownEvent begun, Task killed)
    {
        var outcomes = new List<(string Key, long? Revision)>();
        var isBegun = false;
        for (var (i, after) = (0, 0); after < 10; i++)
        {
            var key = $"put/{writer}/{i}";
            try
            {
                var put = await client.Kv.PutAsync(key, "value");
                outcomes.Add((key, put.Revision.Value));
                after += killed.IsCompleted ? 1 : 0;
            }
            catch (GrpcException unknown) when (unknown.Code == StatusCode.Unavailable)
            {
                outcomes.Add((key, null));
            }

            if (!isBegun && outcomes.Count >= 20)
            {
                isBegun = true;
                begun.Signal();
            }
        }

        return outcomes;
    }

    private static async Task<ServerProcess> LeaderAsync(IEnumerable<ServerProcess> cluster)
    {
        ServerProcess? leader = null;
        await Until.TrueAsync(async () =>
        {
            foreach (var member in cluster)
            {
                using var client = new KvClient(member.Endpoint);
                var status = await client.Maintenance.StatusAsync(Limits.Patient());
                if (status.Leader != 0 && status.Leader == status.Header.MemberId)
                    leader = member;
            }

            return leader is not null;
        });
        return leader!;
    }
}
