using KvStore.Api.Calls;
using KvStore.Hosting;
using KvStore.Node;
using KvStore.Node.Bootstrap;
using KvStore.Platform;
using KvStore.RocksDb;
using KvStore.Server.Configuration;
using KvStore.Server.Metrics;
using KvStore.StateMachine;
using Serilog;

namespace KvStore.Server.Hosting;

/// <summary>The server's options as the node's, and the real doors.</summary>
internal static class NodeSetup
{
    /// <summary>What a message may be larger than --max-request-bytes, as in etcd: keys, headers and framing around the value.</summary>
    public const int ReceiveSlackBytes = 512 * 1024;

    public static int ElectionTicks(ServerOptions options) => (int)(options.ElectionTimeout / options.HeartbeatInterval);

    public static async Task<KvNode> StartAsync(
        ServerOptions options, int storeFiles, ILogger logger, IPeerNetwork network, ThreadLaneFactory lanes, PendingCalls calls, ITokenAssignments tokens, ITraceSink trace,
        MetricsExposition metrics, CancellationToken stop)
    {
        var doors = new NodeDoors
        {
            Files = new OsFileSystem(metrics.OnSynced, waitsForDisk: !options.UnsafeNoSync, metrics.OnFileWritten),
            Stores = new MeasuredStoreProvider(new RocksOrderedStoreProvider(Store(options.Memory, storeFiles)), metrics.OnStoreWritten, metrics.OnStoreFlushed),
            Network = network,
            Lanes = lanes,
            Replies = calls,
            Trace = trace,
            Seed = Entropy.NextSeed(),
        };
        var node = Options(options, calls, tokens);
        var hasLog = MemberData.HasLog(doors.Files, doors.Stores, node);
        return KvNode.Start(doors, node, await Bootstrap.PlanAsync(options, hasLog, TlsSetup.ForPeers(options), logger, stop).ConfigureAwait(false));
    }

    private static RocksStoreOptions Store(MemoryBudget memory, int files) => new()
    {
        BlockCacheBytes = memory.BlockCacheBytes,
        WriteBufferBytes = memory.WriteBufferBytes,
        OpenFilesMax = files,
    };

    private static NodeOptions Options(ServerOptions options, PendingCalls calls, ITokenAssignments tokens)
    {
        var node = new NodeOptions { DataDirectory = options.DataDirectory };
        return node with
        {
            WalDirectory = options.WalDirectory ?? node.WalDirectory,
            Name = options.Name,
            ClientUrls = options.AdvertiseClient,
            ForcesNewCluster = options.Maintenance.ForcesNewCluster,
            TickInterval = options.HeartbeatInterval,
            ElectionTicks = ElectionTicks(options),
            PreVote = options.PreVote,
            CommandBytesMax = options.RequestBytesMax,
            FlushAfterEntries = options.SnapshotCount ?? node.FlushAfterEntries,
            CatchUpEntries = options.SnapshotCatchUpEntries,
            // Who asks for a short log gets one: etcd cuts at each snapshot.
            CompactLogEvery = Math.Min(options.SnapshotCount ?? node.CompactLogEvery, node.CompactLogEvery),
            SweepVersionsMax = options.CompactionBatch ?? node.SweepVersionsMax,
            Watch = node.Watch with
            {
                ProgressInterval = options.WatchProgressInterval,
                FragmentBytes = options.RequestBytesMax + ReceiveSlackBytes,
            },
            StrictReconfigCheck = options.StrictReconfigurationCheck,
            LearnersMax = options.LearnersMax,
            Applier = node.Applier with { IsAwaitedHere = calls.IsAwaited, Tokens = tokens },
        };
    }
}
