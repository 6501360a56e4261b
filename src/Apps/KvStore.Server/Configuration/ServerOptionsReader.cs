namespace KvStore.Server.Configuration;

/// <summary>Turns settings into options by etcd's rules (documented in etcd's configuration reference); a wrong one ends the start with one line.</summary>
internal static class ServerOptionsReader
{
    private const long DefaultQuotaBytes = 2L * 1024 * 1024 * 1024;
    private const ulong ElectionMillisMax = 50_000;

    /// <summary>A request is held in memory as a whole, several times on its way; beyond this a few of them are the machine's memory.</summary>
    private const int RequestBytesMax = 512 * 1024 * 1024;

    private static readonly TimeSpan DefaultProgressInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan DefaultKeepAliveInterval = TimeSpan.FromHours(2);
    private static readonly TimeSpan DefaultKeepAliveTimeout = TimeSpan.FromSeconds(20);

    /// <summary>What Go's gRPC server demands when it is told nothing, as etcd leaves it with 0.</summary>
    private static readonly TimeSpan DefaultClientPingTimeMin = TimeSpan.FromMinutes(5);

    /// <summary>The web server's own bound, and gRPC's.</summary>
    private static readonly TimeSpan KeepAliveMin = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ProgressIntervalMin = TimeSpan.FromMilliseconds(100);

    public static ServerOptions Read(Settings settings)
    {
        var name = settings.Text("name");
        var dataDirectory = settings.IsSet("data-dir") ? settings.Text("data-dir") : name + ".etcd";
        var (heartbeat, election) = ReadTimes(settings);
        CheckBootstrap(settings);
        var advertisePeer = ReadAdvertised(settings, "initial-advertise-peer-urls", "listen-peer-urls");
        var cluster = ReadCluster(settings, name, advertisePeer);
        // Only of flags and variables, as in etcd: a file that leaves it out means the default.
        if (settings.ConfigFilePath is null && settings.IsSet("listen-client-urls") && !settings.IsSet("advertise-client-urls"))
            throw new ConfigurationException("--advertise-client-urls is required when --listen-client-urls is set explicitly");
        var (clientTls, peerTls) = (TlsReader.ReadClient(settings, dataDirectory), TlsReader.ReadPeer(settings, dataDirectory));
        var logOutputs = LogOutput.Read(settings);
        var (minVersion, maxVersion) = TlsReader.ReadVersions(settings);
        var quota = settings.Int("quota-backend-bytes");
        var (keepAliveInterval, keepAliveTimeout) = ReadKeepAlive(settings);
        var progress = settings.Duration("watch-progress-notify-interval");

        return new ServerOptions
        {
            Name = name,
            DataDirectory = dataDirectory,
            WalDirectory = settings.Text("wal-dir") is { Length: > 0 } directory ? directory : null,
            ListenClient = ReadListeners(settings, "listen-client-urls", clientTls),
            ListenClientHttp = ReadListeners(settings, "listen-client-http-urls", clientTls),
            ListenPeer = ReadListeners(settings, "listen-peer-urls", peerTls),
            ListenMetrics = ReadListeners(settings, "listen-metrics-urls", clientTls),
            AdvertiseClient = ReadAdvertised(settings, "advertise-client-urls", "listen-client-urls"),
            AdvertisePeer = advertisePeer,
            InitialCluster = cluster,
            DiscoveryDomain = settings.Text("discovery-srv") is { Length: > 0 } domain ? new SrvDomain(domain, settings.Text("discovery-srv-name")) : null,
            Discovery = DiscoverySettings.Read(settings),
            // The service's token tells the clusters apart that are found there.
            InitialClusterToken = settings.Text(settings.IsSet("discovery-endpoints") ? "discovery-token" : "initial-cluster-token"),
            JoinsExistingCluster = settings.Text("initial-cluster-state") switch
            {
                "new" => false,
                "existing" => true,
                var other => throw (settings.ConfigFilePath is null
                    ? settings.Invalid("initial-cluster-state", "invalid value")
                    : new ConfigurationException($"unexpected clusterState \"{other}\"")),
            },
            HeartbeatInterval = heartbeat,
            ElectionTimeout = election,
            PreVote = settings.Bool("pre-vote"),
            StrictReconfigurationCheck = settings.Bool("strict-reconfig-check"),
            LearnersMax = ReadCount(settings, "max-learners"),
            QuotaBytes = quota == 0 ? DefaultQuotaBytes : quota,
            // No request is smaller than a byte: with 0, as with 1, all are too large.
            RequestBytesMax = Math.Max(ReadLimit(settings, "max-request-bytes", RequestBytesMax), 1),
            TxnOperationsMax = ReadLimit(settings, "max-txn-ops", int.MaxValue),
            ConcurrentStreamsMax = ReadStreams(settings),
            ClientPingTimeMin = settings.Duration("grpc-keepalive-min-time") is var least && least > TimeSpan.Zero ? least : DefaultClientPingTimeMin,
            KeepAliveInterval = keepAliveInterval,
            KeepAliveTimeout = keepAliveTimeout,
            // 10000 entries are some 100 ms of a busy member here, and a flush is dearer than a snapshot file of etcd's: only who asks gets it.
            SnapshotCount = settings.IsSet("snapshot-count") ? Math.Max(settings.Uint("snapshot-count"), 1) : null,
            SnapshotCatchUpEntries = settings.Uint("snapshot-catchup-entries"),
            CompactionBatch = ReadCount(settings, "compaction-batch-limit") is var batch && batch > 0 ? batch : null,
            WatchProgressInterval = progress == TimeSpan.Zero ? DefaultProgressInterval
                : progress < ProgressIntervalMin ? ProgressIntervalMin : progress,
            SlowApplyWarning = settings.Duration("warning-apply-duration"),
            SlowCallWarning = settings.Duration("warning-unary-request-duration"),
            Tracing = TracingSettings.Read(settings),
            LocksMemory = settings.Bool("memory-mlock"),
            MeasuresCalls = ReadChoice(settings, "metrics", "basic", "extensive") == "extensive",
            ServesJson = settings.Bool("enable-grpc-gateway"),
            CorsOrigins = settings.List("cors"),
            HostNames = settings.List("host-whitelist"),
            ClientTls = clientTls,
            PeerTls = peerTls,
            PeerClientTls = settings.IsSet("peer-client-cert-file")
                ? peerTls with { Certificate = settings.Text("peer-client-cert-file"), Key = settings.Text("peer-client-key-file") }
                : peerTls,
            TlsMinVersion = minVersion,
            TlsMaxVersion = maxVersion,
            CipherSuites = CipherSuites.Read(settings.List("cipher-suites")),
            SelfSignedYears = TlsReader.ReadSelfSignedYears(settings),
            SharesPorts = settings.Bool("socket-reuse-port"),
            Auth = AuthSettings.Read(settings),
            Maintenance = MaintenanceSettings.Read(settings),
            LogLevel = ReadChoice(settings, "log-level", "debug", "info", "warn", "error", "dpanic", "panic", "fatal"),
            LogsForPeople = ReadChoice(settings, "log-format", "json", "console") == "console",
            LogOutputs = logOutputs,
            LogRotation = LogRotation.Read(settings, logOutputs),
            UnsafeNoSync = settings.Bool("unsafe-no-fsync"),
            Memory = MemoryBudget.Of(settings.Int("memory-bytes"), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
            Gates = settings.Gates,
            ConfigFilePath = settings.ConfigFilePath,
            Warnings = settings.Warnings,
        };
    }

    private static (TimeSpan Heartbeat, TimeSpan Election) ReadTimes(Settings settings)
    {
        var heartbeat = settings.Uint("heartbeat-interval");
        var election = settings.Uint("election-timeout");
        if (heartbeat == 0)
            throw new ConfigurationException("--heartbeat-interval must be >0 (set to 0ms)");
        if (election == 0)
            throw new ConfigurationException("--election-timeout must be >0 (set to 0ms)");
        if (election > ElectionMillisMax)
            throw new ConfigurationException($"--election-timeout[{election}ms] is too long, and should be set less than {ElectionMillisMax}ms");
        if (heartbeat > election / 5)
            throw new ConfigurationException($"--election-timeout[{election}ms] should be at least as 5 times as --heartbeat-interval[{heartbeat}ms]");
        return (TimeSpan.FromMilliseconds(heartbeat), TimeSpan.FromMilliseconds(election));
    }

    private static Dictionary<string, IReadOnlyList<string>> ReadCluster(Settings settings, string name, IReadOnlyList<string> advertised)
    {
        // Without --initial-cluster the cluster is this member alone, at the addresses it advertises.
        var text = settings.IsSet("initial-cluster")
            ? settings.Text("initial-cluster")
            : string.Join(',', advertised.Select(url => $"{name}={url}"));
        var cluster = ParseCluster(text);
        CheckSelf(cluster, name, advertised);
        return cluster.ToDictionary(entry => entry.Key, entry => (IReadOnlyList<string>)entry.Value.Order(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);
    }

    /// <summary>name=url,name=url; a member with several addresses is named several times.</summary>
    internal static Dictionary<string, List<string>> ParseCluster(string text)
    {
        var cluster = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pair in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new ConfigurationException($"--initial-cluster: \"{pair}\" has not the form name=url");
            var url = Endpoint.Parse("initial-cluster", pair[(equals + 1)..]).Url;
            if (!seen.Add(url))
                throw new ConfigurationException($"--initial-cluster: duplicate url {url} in cluster config");
            if (!cluster.TryGetValue(pair[..equals], out var urls))
                cluster.Add(pair[..equals], urls = []);
            urls.Add(url);
        }

        return cluster;
    }

    private static void CheckSelf(Dictionary<string, List<string>> cluster, string name, IReadOnlyList<string> advertised)
    {
        if (!cluster.TryGetValue(name, out var own))
            throw new ConfigurationException($"couldn't find local name \"{name}\" in the initial cluster configuration");
        var mine = advertised.Select(url => Endpoint.Parse("initial-advertise-peer-urls", url).Url).ToHashSet(StringComparer.Ordinal);
        if (own.Find(url => !mine.Contains(url)) is { } missing)
            throw new ConfigurationException($"--initial-cluster has {name}={missing} but missing from --initial-advertise-peer-urls={string.Join(',', advertised)}");
        if (mine.FirstOrDefault(url => !own.Contains(url)) is { } extra)
            throw new ConfigurationException($"--initial-advertise-peer-urls has {extra} but missing from --initial-cluster={name}={string.Join(',', own)}");
    }

    private static Endpoint[] ReadListeners(Settings settings, string flag, TlsFiles tls)
    {
        var endpoints = settings.List(flag).Select(url => Endpoint.Parse(flag, url)).ToArray();
        foreach (var endpoint in endpoints)
        {
            if (!endpoint.IsUnix)
                endpoint.BindAddress(flag);
            if (endpoint.IsTls && !tls.HasCertificate)
                throw new ConfigurationException($"--{flag}: {endpoint.Url} needs a certificate and a key ({(flag == "listen-peer-urls" ? "--peer-cert-file, --peer-key-file" : "--cert-file, --key-file")})");
        }

        return endpoints;
    }

    private static IReadOnlyList<string> ReadAdvertised(Settings settings, string flag, string listenFlag)
    {
        var given = settings.List(flag).Select(url => Endpoint.Parse(flag, url).Url).ToArray();
        var listen = settings.List(listenFlag);
        return listen.Count == 0 ? given
            : DefaultHost.Replace(given, FlagTable.Find(flag)!.Default, Endpoint.Parse(listenFlag, listen[0]), DefaultHost.Find());
    }

    /// <summary>A member comes to its cluster in one way.</summary>
    private static void CheckBootstrap(Settings settings)
    {
        if (settings.Text("discovery-fallback") is not ("exit" or "proxy"))
            throw settings.Invalid("discovery-fallback", "invalid value");
        if (settings.Text("discovery-fallback") == "proxy")
            throw new ConfigurationException("v2 proxy is deprecated, and --discovery-fallback can't be configured as \"proxy\"");
    }

    private static string ReadChoice(Settings settings, string flag, params ReadOnlySpan<string> choices)
    {
        var value = settings.Text(flag);
        return choices.Contains(value) ? value : throw new ConfigurationException($"--{flag}: unknown value \"{value}\"");
    }

    private static int ReadCount(Settings settings, string flag)
    {
        var value = settings.Int(flag);
        return value is >= 0 and <= int.MaxValue ? (int)value : throw new ConfigurationException($"--{flag}: {value} is out of range");
    }

    /// <summary>A limit beyond what this server can keep is taken for that, and said: etcd starts with any.</summary>
    private static int ReadLimit(Settings settings, string flag, int max)
    {
        var value = settings.Uint(flag);
        if (value > (ulong)max)
            settings.Warn($"--{flag}={value} is more than this server takes; {max} is in force");
        return (int)Math.Min(value, (ulong)max);
    }

    /// <summary>Zero means as many as the protocol can count, as in Go's server.</summary>
    private static long ReadStreams(Settings settings)
    {
        var streams = settings.Uint("max-concurrent-streams");
        return streams is 0 or > uint.MaxValue ? uint.MaxValue : (long)streams;
    }

    /// <summary>As etcd: either below zero leaves both at what they are without flags; pings more than once a second are none.</summary>
    private static (TimeSpan Interval, TimeSpan Timeout) ReadKeepAlive(Settings settings)
    {
        var interval = settings.Duration("grpc-keepalive-interval");
        var timeout = settings.Duration("grpc-keepalive-timeout");
        if (interval <= TimeSpan.Zero || timeout <= TimeSpan.Zero)
            (interval, timeout) = (DefaultKeepAliveInterval, DefaultKeepAliveTimeout);
        return (Longer(interval), Longer(timeout));

        static TimeSpan Longer(TimeSpan time) => time < KeepAliveMin ? KeepAliveMin : time;
    }
}
