using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>What a member starts from: nothing (see <see cref="Founding"/> and <see cref="Joining"/>), or what was found on its disks.</summary>
/// <remarks>
/// <see cref="Applied"/> may be ahead of <see cref="HardState"/>'s commit index (the store was flushed first, R11); it is never
/// ahead of the log and never behind its start. When the store is ahead of the log (a crash between installing a snapshot and
/// marking it in the log), the caller starts from the store: Start = what the store has applied, no entries.
/// </remarks>
public sealed record RaftState
{
    public required HardState HardState { get; init; }

    /// <summary>The last entry before the log's first one.</summary>
    public required SnapshotMark Start { get; init; }

    /// <summary>The entries after Start.Index, without a gap; all of them are on disk.</summary>
    public required IReadOnlyList<LogEntry> Entries { get; init; }

    /// <summary>The last entry the state machine has applied.</summary>
    public required LogIndex Applied { get; init; }

    /// <summary>The membership as of <see cref="Applied"/>. It may be newer than the one in <see cref="Start"/>.</summary>
    public required Membership Membership { get; init; }

    /// <summary>
    /// A founder that has never run. The founders agree on a first entry (index 1, term 1) that nobody ever sends: their membership.
    /// It must be on disk as the log's start mark before the member speaks, and its index is applied. The other way, which Node takes:
    /// the founders' own entries of kind Membership stand at the head of everybody's log, committed, and a member that joins gets them too.
    /// </summary>
    public static RaftState Founding(Membership founders) => new()
    {
        HardState = new HardState(new Term(1), MemberId.None, new LogIndex(1)),
        Start = new SnapshotMark(new LogIndex(1), new Term(1), founders),
        Entries = [],
        Applied = new LogIndex(1),
        Membership = founders,
    };

    /// <summary>
    /// A member that has never run and joins a running cluster. It knows no membership that later changes could be applied to; since
    /// its log ends before the founders' first entry, the leader brings it a snapshot first.
    /// </summary>
    public static RaftState Joining() => new()
    {
        HardState = default,
        Start = new SnapshotMark(LogIndex.Zero, Term.Zero, KvStore.Raft.Membership.Empty),
        Entries = [],
        Applied = LogIndex.Zero,
        Membership = KvStore.Raft.Membership.Empty,
    };
}
