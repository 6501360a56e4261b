using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>What the log says about the cluster itself. Immutable: any thread may read the one it was given.</summary>
public sealed record ClusterState
{
    public required ClusterId Id { get; init; }

    public required MemberTable Members { get; init; }

    /// <summary>major.minor.patch; empty until the members have agreed on one.</summary>
    public required string Version { get; init; }

    /// <summary>The version a downgrade leads to; empty when none is under way.</summary>
    public required string DowngradeTarget { get; init; }

    /// <summary>Raft's membership in Node's encoding, as of the last applied change; empty where none was recorded.</summary>
    public required ReadOnlyMemory<byte> RaftMembership { get; init; }
}
