using static KvStore.Server.Configuration.FlagEffect;
using static KvStore.Server.Configuration.FlagKind;

namespace KvStore.Server.Configuration;

/// <summary>Every flag of etcd 3.7, in the order of its help text: what it means, its default, and what it does here.</summary>
internal static class FlagTable
{
    private const string BoltOnly = "the store here is RocksDB, not bbolt";

    public static IReadOnlyList<Flag> All { get; } =
    [
        new("name", Text, "default", "Human-readable name of this member."),
        new("data-dir", Text, "${name}.etcd", "Path of the data directory."),
        new("wal-dir", Text, "", "Path of a directory of its own for the write-ahead log; empty: inside the data directory."),
        new("snapshot-count", Uint, "10000", "Applied entries between two flushes of the store, after which older log segments may go; unset: 100000."),
        new("snapshot-catchup-entries", Uint, "5000", "Entries kept in memory behind the applied one, so that a slow follower needs no snapshot."),
        new("heartbeat-interval", Uint, "100", "Time (in milliseconds) between heartbeats."),
        new("election-timeout", Uint, "1000", "Time (in milliseconds) without a leader after which an election is held."),
        new("initial-election-tick-advance", Bool, "true", "Whether to fast-forward the first election at start.", Inert, "a member that is alone campaigns at once; several wait one election timeout"),
        new("listen-peer-urls", List, "http://localhost:2380", "URLs to listen on for the other members."),
        new("listen-client-urls", List, "http://localhost:2379", "URLs to listen on for clients: gRPC and HTTP on the same port."),
        new("listen-client-http-urls", List, "", "URLs that serve HTTP only; --listen-client-urls then serves gRPC only."),
        new("listen-metrics-urls", List, "", "URLs that serve /metrics, /health, /livez and /readyz only."),
        new("max-snapshots", Uint, "5", "Snapshot files to keep.", Inert, "a member keeps one store and no snapshot files"),
        new("max-wals", Uint, "5", "Log files to keep.", Inert, "a segment goes as soon as the flushed store no longer needs it"),
        new("quota-backend-bytes", Int, "0", "Size (in bytes) of live data at which the NOSPACE alarm is raised; 0: 2 GiB, negative: no quota."),
        new("backend-bbolt-freelist-type", Text, "map", "Kind of bbolt's free list.", Inert, BoltOnly),
        new("backend-batch-interval", Duration, "0s", "Longest time between two commits of the back end.", Inert, "every batch is written when it is applied"),
        new("backend-batch-limit", Int, "0", "Most operations between two commits of the back end.", Inert, "every batch is written when it is applied"),
        new("max-txn-ops", Uint, "128", "Most operations in a transaction."),
        new("max-request-bytes", Uint, "1572864", "Largest request (in bytes) that the server accepts."),
        new("max-concurrent-streams", Uint, "4294967295", "Most concurrent streams of one connection."),
        new("grpc-keepalive-min-time", Duration, "5s", "Least time between two pings of a client; who pings more often is cut off with \"too_many_pings\"."),
        new("grpc-keepalive-interval", Duration, "2h0m0s", "Time between the server's pings on a silent connection."),
        new("grpc-keepalive-timeout", Duration, "20s", "Time after which a connection with an unanswered ping is closed."),
        new("socket-reuse-port", Bool, "false", "Lets another process listen on the same port."),
        new("socket-reuse-address", Bool, "false", "Lets a socket in TIME_WAIT be bound again.", Inert, "the web server always does"),
        new("raft-read-timeout", Duration, "5s", "Read timeout of a connection between members.", Inert, "heartbeats watch over the connections"),
        new("raft-write-timeout", Duration, "5s", "Write timeout of a connection between members.", Inert, "heartbeats watch over the connections"),

        new("initial-advertise-peer-urls", List, "http://localhost:2380", "This member's peer URLs, told to the other members."),
        new("initial-cluster", Text, "default=http://localhost:2380", "Members at bootstrap: name=url,name=url."),
        new("initial-cluster-state", Text, "new", "'new' to bootstrap a cluster, 'existing' to join one."),
        new("initial-cluster-token", Text, "etcd-cluster", "Token that keeps clusters bootstrapped alike apart."),
        new("advertise-client-urls", List, "http://localhost:2379", "This member's client URLs, told to clients through the member list."),
        new("discovery-token", Text, "", "Token of the discovery service."),
        new("discovery-endpoints", List, "", "Endpoints of the discovery service."),
        new("discovery-srv", Text, "", "DNS domain whose SRV records list the members of a new cluster."),
        new("discovery-srv-name", Text, "", "Suffix of the SRV service name, where a domain has several clusters."),
        new("discovery-dial-timeout", Duration, "2s", "Time to reach the discovery service."),
        new("discovery-request-timeout", Duration, "5s", "Time of a request to the discovery service."),
        new("discovery-keepalive-time", Duration, "2s", "Time between pings to the discovery service."),
        new("discovery-keepalive-timeout", Duration, "6s", "Time an answer to a ping may take."),
        new("discovery-insecure-transport", Bool, "true", "Whether the discovery service is reached in clear text."),
        new("discovery-insecure-skip-tls-verify", Bool, "false", "Whether any certificate of the discovery service is taken."),
        new("discovery-cert", Text, "", "Certificate (PEM) shown to the discovery service."),
        new("discovery-key", Text, "", "Key (PEM) of --discovery-cert."),
        new("discovery-cacert", Text, "", "Certificate authorities (PEM) of the discovery service."),
        new("discovery-user", Text, "", "User of the discovery service, or user:password."),
        new("discovery-password", Text, "", "Password of --discovery-user."),
        new("discovery", Text, "", "URL of a v2 discovery service.", Refused, "v2 discovery is gone since etcd 3.6: list the members in --initial-cluster"),
        new("discovery-proxy", Text, "", "Proxy before a v2 discovery service.", Inert, "v2 discovery is gone since etcd 3.6"),
        new("proxy", Text, "off", "Mode of the v2 proxy.", Refused, "the v2 proxy is gone since etcd 3.6"),
        new("strict-reconfig-check", Bool, "true", "Whether to refuse membership changes that would lose the quorum."),
        new("pre-vote", Bool, "true", "Whether an election begins with a round that disturbs nobody."),
        new("auto-compaction-retention", Text, "0", "Automatic compaction keeps what is younger (1h, 30m; a plain number is hours), or so many revisions; 0: off."),
        new("auto-compaction-mode", Text, "periodic", "Unit of the retention: 'periodic' or 'revision'."),
        new("force-new-cluster", Bool, "false", "Whether to start a one-member cluster from this member's data, after the others are lost for good."),
        new("max-learners", Int, "1", "Most learners in the cluster."),
        new("feature-gates", Text, "", "Feature=true pairs, with commas between them."),

        new("cert-file", Text, "", "Certificate (PEM) of the client listeners."),
        new("key-file", Text, "", "Key (PEM) of the client listeners' certificate."),
        new("client-cert-file", Text, "", "Certificate for the server's own client connections.", Inert, "the server makes no client connection to itself"),
        new("client-key-file", Text, "", "Key for the server's own client connections.", Inert, "the server makes no client connection to itself"),
        new("client-cert-auth", Bool, "false", "Whether clients must present a certificate of --trusted-ca-file."),
        new("client-crl-file", Text, "", "Revoked client certificates (PEM)."),
        new("client-cert-allowed-hostname", List, "", "Allowed TLS host names of client certificates."),
        new("trusted-ca-file", Text, "", "Certificate authorities (PEM) of clients; alone it already demands client certificates."),
        new("auto-tls", Bool, "false", "Client TLS with a certificate made at the first start."),
        new("peer-cert-file", Text, "", "Certificate (PEM) of the peer listeners and of connections to other members."),
        new("peer-key-file", Text, "", "Key (PEM) of the peer certificate."),
        new("peer-client-cert-file", Text, "", "Certificate for connections to other members, when not --peer-cert-file."),
        new("peer-client-key-file", Text, "", "Key of --peer-client-cert-file."),
        new("peer-client-cert-auth", Bool, "false", "Whether other members must present a certificate of --peer-trusted-ca-file."),
        new("peer-trusted-ca-file", Text, "", "Certificate authorities (PEM) of the other members."),
        new("peer-auto-tls", Bool, "false", "Peer TLS with a certificate made at the first start; members do not judge it."),
        new("peer-crl-file", Text, "", "Revoked peer certificates (PEM)."),
        new("peer-cert-allowed-cn", List, "", "Allowed common names of peer certificates."),
        new("peer-cert-allowed-hostname", List, "", "Allowed TLS host names of peer certificates."),
        new("peer-skip-client-san-verification", Bool, "false", "Whether to skip the check that a peer's certificate names the address it comes from."),
        new("self-signed-cert-validity", Uint, "1", "Years that a certificate made here is valid."),
        new("cipher-suites", List, "", "TLS 1.2 cipher suites by their registered names; empty: the platform's, which has no weak ones."),
        new("tls-min-version", Text, "TLS1.2", "Lowest TLS version: TLS1.2 or TLS1.3."),
        new("tls-max-version", Text, "", "Highest TLS version; empty: the newest."),
        new("cors", List, "*", "Origins of web pages (CORS) that may read answers of plain HTTP."),
        new("host-whitelist", List, "*", "Host names accepted over clear-text HTTP."),

        new("auth-token", Text, "simple", "Kind of authentication tokens: 'simple', or 'jwt,sign-method=ES256,priv-key=file,pub-key=file,ttl=10m'."),
        new("auth-token-ttl", Uint, "300", "Seconds a simple token lives after its last use."),
        new("bcrypt-cost", Uint, "10", "Cost of password hashes: the logarithm of the rounds, 4 to 31."),

        new("logger", Text, "zap", "Kind of logger; there is only this name."),
        new("log-outputs", List, "default", "Where to log: default, stderr, stdout, systemd/journal or file paths."),
        new("log-level", Text, "info", "debug, info, warn, error, panic or fatal."),
        new("log-format", Text, "json", "json or console."),
        new("enable-log-rotation", Bool, "false", "Whether the one file of --log-outputs gives way to the next at a size."),
        new("log-rotation-config-json", Text, """{"maxsize": 100, "maxage": 0, "maxbackups": 0, "localtime": false, "compress": false}""", "Sizes (megabytes), ages (days) and number of rotated files."),

        new("enable-pprof", Bool, "false", "Whether to serve Go profiles.", Inert, "profiles are taken with dotnet-trace"),
        new("metrics", Text, "basic", "basic, or extensive: with the times of calls."),
        new("enable-distributed-tracing", Bool, "false", "Whether to send a span for each call to a collector (OpenTelemetry, OTLP over gRPC)."),
        new("distributed-tracing-address", Text, "localhost:4317", "Collector of spans, host:port."),
        new("distributed-tracing-service-name", Text, "etcd", "Service name of spans."),
        new("distributed-tracing-instance-id", Text, "", "Instance id of spans; empty: none."),
        new("distributed-tracing-sampling-rate", Int, "0", "Calls in a million that have a span when the caller has none, 0 to 1000000."),
        new("enable-grpc-gateway", Bool, "true", "Whether to serve JSON under /v3."),
        new("corrupt-check-time", Duration, "0s", "Time between comparisons of the members' data by their hashes, which raise the CORRUPT alarm for who differs; 0: none."),
        new("compact-hash-check-time", Duration, "1m0s", "Time between looks for compactions whose state is not compared yet; with the feature gate CompactHashCheck."),
        new("compaction-batch-limit", Int, "0", "Versions removed in one step of a compaction; 0: 256."),
        new("compaction-sleep-interval", Duration, "0s", "Pause between two steps of a compaction; 0: 10 ms.", Inert, "steps take turns with other work instead"),
        new("watch-progress-notify-interval", Duration, "0s", "Time between progress notifications of an idle watch; 0: 10 min."),
        new("downgrade-check-time", Duration, "5s", "Time between checks of a downgrade.", Inert, "the leader sees a downgrade at its next heartbeat"),
        new("warning-apply-duration", Duration, "100ms", "Time of applying a batch beyond which a warning is logged."),
        new("warning-unary-request-duration", Duration, "300ms", "Time of a unary request beyond which a warning is logged; 0s: none."),
        new("memory-mlock", Bool, "false", "Whether to keep the memory of the process out of the swap."),
        new("bootstrap-defrag-threshold-megabytes", Uint, "0", "Free space at which to defragment at start.", Inert, BoltOnly),
        new("unsafe-no-fsync", Bool, "false", "Never waits for the disk: a crash of the machine loses acknowledged writes."),
        new("discovery-fallback", Text, "exit", "What to do when discovery fails.", Inert, "a member whose discovery fails ends"),
        new("v2-deprecation", Text, "write-only", "State of the v2 store.", Inert, "there is no v2 store"),
        new("config-file", Text, "", "A YAML file with all settings, in etcd's form; flags and variables are then ignored."),

        new("auth-password-bytes-min", Uint, "1", "Least bytes of a new password; 0 takes an empty one, as etcd does."),
        new("memory-bytes", Int, "0", "Memory (in bytes) the member is to keep to, at least 1 GiB: bounds its heap and sizes the store's caches; 0: all the machine or container has."),
    ];

    /// <summary>Flags of older versions that etcd itself only warns about.</summary>
    public static IReadOnlySet<string> Legacy { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "cluster-active-size", "cluster-remove-delay", "cluster-sync-interval", "config", "force", "max-result-buffer",
        "max-retry-attempts", "peer-heartbeat-interval", "peer-election-timeout", "retry-interval", "snapshot", "v", "vv",
        "enable-v2", "experimental-enable-v2v3",
        "proxy-failure-wait", "proxy-refresh-interval", "proxy-dial-timeout", "proxy-write-timeout", "proxy-read-timeout",
    };

    private static readonly Dictionary<string, Flag> ByName = All.Concat(OldGates()).ToDictionary(flag => flag.Name, StringComparer.Ordinal);

    /// <summary>The flag of a name; for an old name the flag that it became, whose kind and default it has.</summary>
    public static Flag? Find(string name) => ByName.GetValueOrDefault(RenamedFlags.Flags.GetValueOrDefault(name, name));

    public static string EnvironmentNameOf(string name) => "ETCD_" + name.ToUpperInvariant().Replace('-', '_');

    private static IEnumerable<Flag> OldGates() =>
        RenamedFlags.Gates.Select(gate => new Flag(gate.Key, Bool, "false", $"The feature gate {gate.Value}."));
}
