using System.Diagnostics;
using KvStore.Benchmarks.Load;
using KvStore.Benchmarks.Measures;
using KvStore.Load.Workloads;
using KvStore.Protocol.Etcd;

namespace KvStore.Benchmarks.Rows;

/// <summary>Leases, kept alive and running out.</summary>
internal static class LeaseRows
{
    private const int Leases = 100_000;

    /// <summary>Until all run out: time to grant them on the slower side.</summary>
    private static readonly TimeSpan UntilExpiry = TimeSpan.FromSeconds(25);

    /// <summary>Who has not removed them by then is not waited for.</summary>
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ExpiryPoll = TimeSpan.FromMilliseconds(50);

    public static IEnumerable<Row> OneMember() =>
    [
        new Row("keep-alives of 100,000 leases, 100 streams", Unit.PerSecond,
            run => ClusterLoad.RateAsync(run, _ => new KeepAliveWorkload(Leases, TimeSpan.FromHours(1), ClusterLoad.Options), clients: 100, connections: 10))
        {
            Targets = [Target.AtLeast(Aspect.Ratio, 2)],
        },
    ];

    public static IEnumerable<Row> ThreeMembers() =>
    [
        new Row("100,000 leases that run out in one second: until all are gone", Unit.Milliseconds, ExpireAsync)
        {
            Targets = [Target.AtMost(Aspect.Figure, 2000)],
            RoundsMax = 1,
            Note = "from the end of the second in which they run out; given up after 30 s; a heartbeat sent late or a change of the leader meanwhile counts as a failure",
        },
    ];

    private static async Task<Measurement> ExpireAsync(RowRun run)
    {
        using var channels = new Channels(run.Cluster, connections: 20, members: 1);
        var expiry = Stopwatch.GetTimestamp() + (long)(UntilExpiry.TotalSeconds * Stopwatch.Frequency);
        await Parallel.ForEachAsync(Enumerable.Range(0, Leases), new ParallelOptions { MaxDegreeOfParallelism = 200 }, async (number, token) =>
        {
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), expiry).TotalSeconds;
            var request = new LeaseGrantRequest { TTL = Math.Max(1, (long)Math.Floor(left)) };
            await channels.All[number % channels.All.Count].UnaryAsync("/etcdserverpb.Lease/LeaseGrant", request, LeaseGrantResponse.Parser, ClusterLoad.Options, token).ConfigureAwait(false);
        }).ConfigureAwait(false);
        var before = await run.Cluster.TroublesAsync().ConfigureAwait(false);
        using var timer = new PeriodicTimer(ExpiryPoll);
        do
        {
            await timer.WaitForNextTickAsync().ConfigureAwait(false);
        }
        while (Stopwatch.GetTimestamp() < expiry
            || (Stopwatch.GetElapsedTime(expiry) < GiveUpAfter && await LeasesLeftAsync(channels).ConfigureAwait(false) > 0));
        return new Measurement
        {
            Figure = Stopwatch.GetElapsedTime(expiry).TotalMilliseconds,
            PeakMegabytes = run.Cluster.PeakMemoryMegabytes(),
            Failures = await run.Cluster.TroublesAsync().ConfigureAwait(false) - before,
        };
    }

    private static async Task<int> LeasesLeftAsync(Channels channels)
    {
        var answer = await channels.All[0].UnaryAsync("/etcdserverpb.Lease/LeaseLeases", new LeaseLeasesRequest(), LeaseLeasesResponse.Parser, ClusterLoad.Options).ConfigureAwait(false);
        return answer.Leases.Count;
    }
}
