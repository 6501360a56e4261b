using KvStore.Grpc.Server;
using KvStore.Server.Logging;
using KvStore.Server.Metrics;
using Serilog;

namespace KvStore.Server.Hosting;

/// <summary>
/// Who may hold how many of the process's file descriptors, so that no flood of connections takes those of the log or the store: a
/// process that cannot open a file cannot go on. The runtime has raised the soft limit to the hard one before this is read.
/// </summary>
internal sealed record DescriptorBudget
{
    /// <summary>A member in peace holds about 200, most of them assemblies of the runtime; the rest is for log segments, snapshots and calls to peers.</summary>
    private const int Reserved = 400;

    /// <summary>RocksDB's own default here; beyond it the coldest files are opened again.</summary>
    private const int StoreFilesMax = 1024;

    /// <summary>Probes and one or two collectors of metrics, on a listener of their own.</summary>
    private const int MetricsConnectionsMax = 32;

    /// <summary>A member holds a handful of connections to each other one; the rest is room for handshakes.</summary>
    private const int PeerConnectionsMax = 256;

    /// <summary>With less there is no serving.</summary>
    private const int ClientConnectionsMin = 64;

    /// <summary>The system's limit of open files; zero where it tells none.</summary>
    public required long Limit { get; init; }

    public required int StoreFiles { get; init; }

    public required ConnectionLimit Clients { get; init; }

    public required ConnectionLimit Peers { get; init; }

    public required ConnectionLimit Metrics { get; init; }

    /// <exception cref="StartException">The limit leaves nothing for clients.</exception>
    public static DescriptorBudget Of(ILogger logger) => Share((long)Math.Min(ProcessFacts.DescriptorLimit, int.MaxValue), logger);

    internal static DescriptorBudget Share(long limit, ILogger logger)
    {
        var known = limit > 0 ? limit : int.MaxValue;
        var store = (int)Math.Min(StoreFilesMax, known / 4);
        var peers = (int)Math.Min(PeerConnectionsMax, known / 8);
        var clients = (int)(known - Reserved - store - peers - MetricsConnectionsMax);
        if (clients < ClientConnectionsMin)
        {
            throw new StartException(
                $"the limit of open files (ulimit -n, LimitNOFILE) is {limit}: too few for the store and for clients, a thousand are the least; raise it");
        }

        return new DescriptorBudget
        {
            Limit = limit,
            StoreFiles = store,
            Clients = Make("client", clients, limit, logger),
            Peers = Make("peer", peers, limit, logger),
            Metrics = Make("metrics", MetricsConnectionsMax, limit, logger),
        };
    }

    private static ConnectionLimit Make(string endpoint, int max, long limit, ILogger logger) => new(max, TimeProvider.System, refused =>
        logger.Warn("too many connections; new ones are closed", ("endpoint", endpoint), ("connections-max", max), ("refused", refused), ("open-files-limit", limit)));
}
