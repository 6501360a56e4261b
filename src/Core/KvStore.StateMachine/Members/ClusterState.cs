using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>
/// What the log says about the cluster itself. Raft's membership follows from the members: one source of truth (C3). Immutable:
/// any thread may read the one it was given.
/// </summary>
public sealed record ClusterState
{
    /// <summary>
    /// Zero unless this store was made the beginning of a cluster (<see cref="MemberTable.Found"/>), as by the restore of a snapshot: any
    /// other member's cluster is in its write-ahead log.
    /// </summary>
    public required ClusterId Id { get; init; }

    public required MemberTable Members { get; init; }

    /// <summary>major.minor.patch; empty until the members have agreed on one.</summary>
    public required string Version { get; init; }

    /// <summary>The version a downgrade leads to; empty when none is under way.</summary>
    public required string DowngradeTarget { get; init; }
}
