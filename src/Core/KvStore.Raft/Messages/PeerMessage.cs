using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>
/// Everything one member says to another. What the fields mean is said at each <see cref="PeerMessageKind"/>; unused ones are
/// zero. Immutable, entries included: it may be kept, sent late, sent twice.
/// </summary>
public readonly record struct PeerMessage
{
    public required PeerMessageKind Kind { get; init; }

    public required MemberId From { get; init; }

    public required MemberId To { get; init; }

    public Term Term { get; init; }

    public LogIndex Index { get; init; }

    public Term LogTerm { get; init; }

    public LogIndex Commit { get; init; }

    public Term CommitTerm { get; init; }

    public ReadOnlyMemory<LogEntry> Entries { get; init; }

    public bool Reject { get; init; }

    public LogIndex HintIndex { get; init; }

    public ReadToken Token { get; init; }

    public bool Force { get; init; }

    public MemberId Target { get; init; }

    /// <summary>True for a message that may only be sent once the sender's state it speaks of is on disk.</summary>
    public bool PromisesDurability => Kind is PeerMessageKind.Vote or PeerMessageKind.VoteResponse or PeerMessageKind.AppendResponse;

    /// <summary>True for a message small and urgent enough for the control channel. A commit index must not overtake the entries it is about.</summary>
    public bool IsControl => Kind is not (PeerMessageKind.Append or PeerMessageKind.Commit or PeerMessageKind.AppendResponse or PeerMessageKind.Propose);
}
