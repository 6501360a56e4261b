using System.Globalization;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;
using KvStore.Testing.Processes;

namespace KvStore.Server.Tests.Cluster;

/// <summary>R4: a leader that is stopped for five seconds and continued believes that it leads; its reads must know better.</summary>
public sealed class PausedLeaderTests
{
    private const int Readers = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReadLimit = TimeSpan.FromSeconds(20);

    // The counter's last acknowledged value. Every read begun after that must see at least it.
    private long _acknowledged;

    [Fact]
    public async Task LeaderStoppedAndContinued_ServesNoStaleRead()
    {
        using var cluster = await TlsCluster.StartAsync(3);
        var leader = await cluster.LeaderAsync();
        using var toLeader = cluster.Connect(leader);
        using var toOthers = cluster.Connect(cluster.Members.Where(member => member != leader));
        await toLeader.PutAsync("counter", "0");
        using var over = new CancellationTokenSource();
        // Reads that wait in the sockets of the stopped process, and those that come just after it wakes.
        var readers = Enumerable.Range(0, Readers).Select(_ => ReadAsync(toLeader, over.Token)).ToArray();

        leader.Process.Signal(ChildProcess.SignalStop);
        using (var pause = new CancellationTokenSource(Pause))
            await CountAsync(toOthers, pause.Token);
        var counted = Interlocked.Read(ref _acknowledged);
        leader.Process.Signal(ChildProcess.SignalContinue);
        using (var after = new CancellationTokenSource(TimeSpan.FromSeconds(2)))
            await CountAsync(toOthers, after.Token);

        await over.CancelAsync();
        var reads = await Task.WhenAll(readers);
        Assert.True(counted > 10, $"the others elected a leader and wrote while it was stopped: {counted}");
        Assert.True(reads.Sum() > Readers, $"reads of the continued leader were answered: {reads.Sum()}");
        Assert.True(leader != await cluster.LeaderAsync());
    }

    private async Task CountAsync(GrpcChannel channel, CancellationToken until)
    {
        for (var next = Interlocked.Read(ref _acknowledged) + 1; !until.IsCancellationRequested; next++)
        {
            try
            {
                await channel.PutAsync("counter", next.ToString(CultureInfo.InvariantCulture), TimeSpan.FromSeconds(1));
                Interlocked.Exchange(ref _acknowledged, next);
            }
            catch (GrpcException)
            {
                // No leader yet. Whether it was written is unknown; the next is larger, so no order is broken.
            }
        }
    }

    /// <summary>How many reads were answered.</summary>
    private async Task<int> ReadAsync(GrpcChannel channel, CancellationToken until)
    {
        var answered = 0;
        while (!until.IsCancellationRequested)
        {
            var floor = Interlocked.Read(ref _acknowledged);
            RangeResponse answer;
            try
            {
                answer = await channel.GetAsync("counter", ReadLimit);
            }
            catch (GrpcException)
            {
                continue;
            }

            var seen = long.Parse(answer.Kvs[0].Value.ToStringUtf8(), CultureInfo.InvariantCulture);
            Assert.True(seen >= floor, $"a read that began when {floor} was written returned {seen}");
            answered++;
        }

        return answered;
    }
}
