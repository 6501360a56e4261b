using System.Net.Security;

namespace KvStore.Server.Configuration;

/// <summary>Every setting in its own type, checked. Made once at start by <see cref="ServerOptionsReader"/>.</summary>
internal sealed record ServerOptions
{
    public required string Name { get; init; }

    public required string DataDirectory { get; init; }

    /// <summary>Directory of the write-ahead log; null: inside the data directory.</summary>
    public required string? WalDirectory { get; init; }

    public required IReadOnlyList<Endpoint> ListenClient { get; init; }

    /// <summary>Listeners of plain HTTP; empty: it shares the client listeners with gRPC.</summary>
    public required IReadOnlyList<Endpoint> ListenClientHttp { get; init; }

    public required IReadOnlyList<Endpoint> ListenPeer { get; init; }

    public required IReadOnlyList<Endpoint> ListenMetrics { get; init; }

    public required IReadOnlyList<string> AdvertiseClient { get; init; }

    public required IReadOnlyList<string> AdvertisePeer { get; init; }

    /// <summary>Member names to their peer URLs, as given.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> InitialCluster { get; init; }

    /// <summary>Where a member without data finds its cluster; null: in <see cref="InitialCluster"/>.</summary>
    public required SrvDomain? DiscoveryDomain { get; init; }

    /// <summary>The service in which a member without data finds its cluster; null: none.</summary>
    public required DiscoverySettings? Discovery { get; init; }

    public required string InitialClusterToken { get; init; }

    /// <summary>True for "existing": this member joins a cluster that runs.</summary>
    public required bool JoinsExistingCluster { get; init; }

    public required TimeSpan HeartbeatInterval { get; init; }

    public required TimeSpan ElectionTimeout { get; init; }

    public required bool PreVote { get; init; }

    public required bool StrictReconfigurationCheck { get; init; }

    public required int LearnersMax { get; init; }

    /// <summary>Live bytes at which the NOSPACE alarm is raised; negative: no quota.</summary>
    public required long QuotaBytes { get; init; }

    public required int RequestBytesMax { get; init; }

    public required int TxnOperationsMax { get; init; }

    public required long ConcurrentStreamsMax { get; init; }

    /// <summary>Least time between two pings of a client.</summary>
    public required TimeSpan ClientPingTimeMin { get; init; }

    public required TimeSpan KeepAliveInterval { get; init; }

    public required TimeSpan KeepAliveTimeout { get; init; }

    /// <summary>Applied entries between two flushes of the store; null: the node's own number.</summary>
    public required ulong? SnapshotCount { get; init; }

    public required ulong SnapshotCatchUpEntries { get; init; }

    /// <summary>Versions removed in one step of a compaction; null: the node's own number.</summary>
    public required int? CompactionBatch { get; init; }

    public required TimeSpan WatchProgressInterval { get; init; }

    public required TimeSpan SlowApplyWarning { get; init; }

    /// <summary>Time of a unary call beyond which it is logged; zero: never.</summary>
    public required TimeSpan SlowCallWarning { get; init; }

    /// <summary>Null: no spans are sent.</summary>
    public required TracingSettings? Tracing { get; init; }

    /// <summary>Whether the process's memory is kept out of the swap.</summary>
    public required bool LocksMemory { get; init; }

    /// <summary>--metrics extensive: the time of each call is measured.</summary>
    public required bool MeasuresCalls { get; init; }

    /// <summary>Whether JSON is served under /v3.</summary>
    public required bool ServesJson { get; init; }

    /// <summary>Origins whose pages may read answers of plain HTTP.</summary>
    public required IReadOnlyList<string> CorsOrigins { get; init; }

    /// <summary>Names by which clear-text HTTP may be asked.</summary>
    public required IReadOnlyList<string> HostNames { get; init; }

    public required TlsFiles ClientTls { get; init; }

    public required TlsFiles PeerTls { get; init; }

    /// <summary>Certificate and key for connections to other members.</summary>
    public required TlsFiles PeerClientTls { get; init; }

    public required string TlsMinVersion { get; init; }

    public required string TlsMaxVersion { get; init; }

    /// <summary>Empty: the platform's choice.</summary>
    public required IReadOnlyList<TlsCipherSuite> CipherSuites { get; init; }

    /// <summary>Validity of certificates made here.</summary>
    public required int SelfSignedYears { get; init; }

    /// <summary>True: other processes may listen on the same ports.</summary>
    public required bool SharesPorts { get; init; }

    public required AuthSettings Auth { get; init; }

    public required MaintenanceSettings Maintenance { get; init; }

    public required string LogLevel { get; init; }

    /// <summary>True for one readable line per event, false for JSON.</summary>
    public required bool LogsForPeople { get; init; }

    public required IReadOnlyList<string> LogOutputs { get; init; }

    /// <summary>Null: a log file grows without end.</summary>
    public required LogRotation? LogRotation { get; init; }

    /// <summary>True: a sync is not waited for. A crash of the machine then loses acknowledged writes.</summary>
    public required bool UnsafeNoSync { get; init; }

    public required MemoryBudget Memory { get; init; }

    public required FeatureGates Gates { get; init; }

    /// <summary>The file that everything was read from; null: flags and variables.</summary>
    public required string? ConfigFilePath { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }
}
