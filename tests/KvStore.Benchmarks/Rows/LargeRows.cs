using Google.Protobuf;
using KvStore.Benchmarks.Load;
using KvStore.Benchmarks.Measures;
using KvStore.Load.Loops;
using KvStore.Load.Workloads;
using KvStore.Protocol.Etcd;

namespace KvStore.Benchmarks.Rows;

/// <summary>A million keys, in the order in which they are loaded, read, overwritten, compacted and opened again.</summary>
internal static class LargeRows
{
    private const int KeyCount = 1_000_000;

    /// <summary>Changes between the past revision that is read and the head: as long as a client takes to page through.</summary>
    private const int ChangesSince = 10_000;

    private static readonly KeySpace Keys = new() { Prefix = "large/", Count = KeyCount };

    public static IEnumerable<Row> All() =>
    [
        Once("loading 1,000,000 keys of 256 B, 200 clients", Unit.Milliseconds, async run => new Measurement
        {
            Figure = (await run.Cluster.FillAsync(Keys).ConfigureAwait(false)).TotalMilliseconds,
            PeakMegabytes = run.Cluster.PeakMemoryMegabytes(),
        }),
        Once("memory after that", Unit.Megabytes, run => Task.FromResult(new Measurement { Figure = run.Cluster.MemoryMegabytes() }))
            with { Targets = [Target.AtMost(Aspect.Ratio, 0.6)] },
        Read("count of 1,000,000 keys", List(Keys, countOnly: true)) with { Targets = [Target.AtMost(Aspect.Figure, 1)] },
        Read("a page of 500 of them, at the head", List(Keys, limit: 500)) with { Targets = [Target.AtMost(Aspect.Figure, 5)] },
        new Row("a page of 500 of them, 10,000 revisions ago", Unit.Milliseconds, run => MedianAsync(run, List(Keys, limit: 500, revision: KeyCount - ChangesSince)))
            { Targets = [Target.AtMost(Aspect.Figure, 5)] },
        Once("memory after a restart", Unit.Megabytes, async run =>
        {
            await run.Cluster.RestartAsync().ConfigureAwait(false);
            return new Measurement { Figure = run.Cluster.MemoryMegabytes() };
        }) with { Targets = [Target.AtMost(Aspect.Ratio, 0.6)] },
        new Row("start until it answers", Unit.Milliseconds, async run => new Measurement
        {
            Figure = (await run.Cluster.RestartAsync().ConfigureAwait(false)).TotalMilliseconds,
        }) { Targets = [Target.AtMost(Aspect.Ratio, 0.3)] },
        Once("put while 1,000,000 revisions are compacted and the store is defragmented: 99th percentile against idle", Unit.Times, CompactAsync)
            with { Targets = [Target.AtMost(Aspect.Figure, 1.2)], Note = "1,000 puts a second" },
    ];

    private static Row Once(string name, Unit unit, Func<RowRun, Task<Measurement>> run) => new(name, unit, run) { RoundsMax = 1 };

    private static Row Read(string name, RangeRequest request) => new(name, Unit.Milliseconds, run => MedianAsync(run, request));

    private static async Task<Measurement> MedianAsync(RowRun run, RangeRequest request) =>
        await ClusterLoad.LatencyAsync(run, _ => new ListWorkload("list", request, ClusterLoad.Options), 50, clients: 1, connections: 1).ConfigureAwait(false);

    private static async Task<Measurement> CompactAsync(RowRun run)
    {
        const double Rate = 1000;
        // Before the servers merge what comes now, which would disturb it.
        var (idle, _) = await ClusterLoad.RunAsync(run with { Options = run.Options with { Duration = run.Options.BurdenTime / 4 } }, Puts, 20, 4, Rate).ConfigureAwait(false);
        // Every key once more: so many revisions are garbage.
        await run.Cluster.FillInBatchesAsync(Keys).ConfigureAwait(false);
        using var channels = new Channels(run.Cluster, connections: 1, members: 1);
        var work = CompactAndDefragmentAsync(channels);
        var (busy, cpu) = await ClusterLoad.RunAsync(run with { Options = run.Options with { WarmUp = TimeSpan.Zero, Duration = run.Options.BurdenTime } }, Puts, 20, 4, Rate).ConfigureAwait(false);
        await work.ConfigureAwait(false);
        return ClusterLoad.Of(busy, busy.Latency.Micros(99) / Math.Max(1, idle.Latency.Micros(99)), cpu, run);
    }

    private static async Task CompactAndDefragmentAsync(Channels channels)
    {
        var channel = channels.All[0];
        var head = await channel.UnaryAsync("/etcdserverpb.KV/Range", new RangeRequest { Key = Keys.Key(0) }, RangeResponse.Parser, ClusterLoad.Options).ConfigureAwait(false);
        await channel.UnaryAsync("/etcdserverpb.KV/Compact", new CompactionRequest { Revision = head.Header.Revision }, CompactionResponse.Parser, ClusterLoad.Options).ConfigureAwait(false);
        await channel.UnaryAsync("/etcdserverpb.Maintenance/Defragment", new DefragmentRequest(), DefragmentResponse.Parser, ClusterLoad.Options).ConfigureAwait(false);
    }

    private static PutWorkload Puts(LoadPlan plan) => new(Keys, ClusterLoad.Options);

    internal static RangeRequest List(KeySpace keys, bool countOnly = false, long limit = 0, long revision = 0) => new()
    {
        Key = ByteString.CopyFromUtf8(keys.Prefix),
        RangeEnd = ByteString.CopyFromUtf8(keys.Prefix[..^1] + (char)(keys.Prefix[^1] + 1)),
        CountOnly = countOnly,
        Limit = limit,
        Revision = revision,
    };
}
