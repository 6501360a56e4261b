using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node;

/// <summary>
/// The member as its Consensus lane last saw it. Immutable and consistent in itself; read from any thread, replaced after each
/// batch that changed something.
/// </summary>
public sealed record NodeStatus
{
    public required ClusterId Cluster { get; init; }

    public required MemberId Self { get; init; }

    public NodeRole Role { get; init; }

    /// <summary>The known leader; none while there is no leader.</summary>
    public MemberId Leader { get; init; }

    public Term Term { get; init; }

    public LogIndex CommitIndex { get; init; }

    public LogIndex AppliedIndex { get; init; }

    /// <summary>The members in the order of their ids, as of <see cref="AppliedIndex"/>.</summary>
    public IReadOnlyList<MemberInfo> Members { get; init; } = [];

    /// <summary>Members that were removed; their ids are never used again (C2).</summary>
    public IReadOnlyList<MemberId> RemovedMembers { get; init; } = [];

    /// <summary>The version all members speak, as the leader set it; empty until then.</summary>
    public string ClusterVersion { get; init; } = "";

    /// <summary>The version a downgrade leads to; empty when none is under way.</summary>
    public string DowngradeTarget { get; init; } = "";

    /// <summary>When the current leader became known here, on the clock of the ticks; for "possibly due to previous leader failure".</summary>
    public Instant LeaderSince { get; init; }

    /// <summary>On a leader: how far the others are, at the last tick. Empty elsewhere.</summary>
    public IReadOnlyList<PeerStatus> Peers { get; init; } = [];

    /// <summary>The member's name and client addresses and the cluster's version are in the log: it may say that it is ready.</summary>
    public bool IsPublished { get; init; }

    /// <summary>This member was removed from the cluster: the process answers for a moment and ends.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>It was removed while it led, and the others may need its vote still .</summary>
    public bool IsLeaving { get; init; }

    /// <summary>No new calls are taken.</summary>
    public bool IsStopping { get; init; }

    /// <summary>Why this member takes no part any more, or null: its log contradicts what it once acknowledged (R10).</summary>
    public string? Quarantine { get; init; }

    /// <summary>What the member counted since it started.</summary>
    public NodeCounters Counters { get; init; }

    public bool IsLeader => Role == NodeRole.Leader;

    public bool IsLearner => Role == NodeRole.Learner;

    public bool HasLeader => !Leader.IsNone;
}
