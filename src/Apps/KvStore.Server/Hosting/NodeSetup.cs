using KvStore.Api.Calls;
using KvStore.Hosting;
using KvStore.Node;
using KvStore.Node.Bootstrap;
using KvStore.Platform;
using KvStore.RocksDb;
using KvStore.Server.Configuration;
using KvStore.Server.Metrics;

namespace KvStore.Server.Hosting;

/// <summary>The server's options as the node's, and the real doors.</summary>
internal static class NodeSetup
{
    public static int ElectionTicks(ServerOptions options) => (int)(options.ElectionTimeout / options.HeartbeatInterval);

    public static KvNode Start(
        ServerOptions options, IPeerNetwork network, ThreadLaneFactory lanes, PendingCalls calls, ITraceSink trace, MetricsExposition metrics)
    {
        var doors = new NodeDoors
        {
            Files = new OsFileSystem(metrics.WalSync.Observe),
            Stores = new MeasuredStoreProvider(new RocksOrderedStoreProvider(new RocksStoreOptions { BlockCacheBytes = options.StoreCacheBytes }), metrics.OnStoreWritten),
            Network = network,
            Lanes = lanes,
            Replies = calls,
            Trace = trace,
            Seed = Entropy.NextSeed(),
        };
        return KvNode.Start(doors, Options(options, calls), Plan(options));
    }

    private static NodeOptions Options(ServerOptions options, PendingCalls calls)
    {
        var node = new NodeOptions { DataDirectory = options.DataDirectory };
        return node with
        {
            Name = options.Name,
            ClientUrls = options.AdvertiseClient,
            TickInterval = options.HeartbeatInterval,
            ElectionTicks = ElectionTicks(options),
            PreVote = options.PreVote,
            CommandBytesMax = options.RequestBytesMax,
            CatchUpEntries = options.SnapshotCatchUpEntries,
            StrictReconfigCheck = options.StrictReconfigurationCheck,
            LearnersMax = options.LearnersMax,
            Applier = node.Applier with { IsAwaitedHere = calls.IsAwaited },
        };
    }

    private static BootstrapPlan Plan(ServerOptions options) =>
        BootstrapPlan.Found([.. options.InitialCluster.Select(entry => (entry.Key, entry.Value))], options.InitialClusterToken, options.Name);
}
