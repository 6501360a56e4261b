namespace KvStore.Server.Configuration;

/// <summary>Names that etcd 3.5 had and 3.6 deprecated. They still work here: manifests written for those versions use them.</summary>
internal static class RenamedFlags
{
    /// <summary>The prefix of flags that were experimental in 3.5 and the same without it since.</summary>
    public const string ExperimentalPrefix = "experimental-";

    private static readonly string[] _graduated =
    [
        "corrupt-check-time", "compact-hash-check-time", "compaction-batch-limit", "compaction-sleep-interval",
        "watch-progress-notify-interval", "warning-apply-duration", "warning-unary-request-duration",
        "bootstrap-defrag-threshold-megabytes", "memory-mlock", "max-learners", "snapshot-catchup-entries", "downgrade-check-time",
        "peer-skip-client-san-verification", "enable-distributed-tracing", "distributed-tracing-address",
        "distributed-tracing-service-name", "distributed-tracing-instance-id", "distributed-tracing-sampling-rate",
    ];

    /// <summary>Old name to the flag it became.</summary>
    public static IReadOnlyDictionary<string, string> Flags { get; } =
        _graduated.ToDictionary(name => ExperimentalPrefix + name, name => name, StringComparer.Ordinal);

    /// <summary>Old boolean to the feature gate it became.</summary>
    public static IReadOnlyDictionary<string, string> Gates { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["experimental-initial-corrupt-check"] = "InitialCorruptCheck",
        ["experimental-compact-hash-check-enabled"] = "CompactHashCheck",
        ["experimental-enable-lease-checkpoint"] = "LeaseCheckpoint",
        ["experimental-enable-lease-checkpoint-persist"] = "LeaseCheckpointPersist",
        ["experimental-stop-grpc-service-on-defrag"] = "StopGRPCServiceOnDefrag",
        ["experimental-txn-mode-write-with-shared-buffer"] = "TxnModeWriteWithSharedBuffer",
    };
}
