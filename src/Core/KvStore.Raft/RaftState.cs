using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>What a member starts from: a fresh one (see <see cref="Fresh"/>), or what was found on its disks.</summary>
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

    /// <summary>A member that has never run: an empty log and the founders' membership (empty for one that joins).</summary>
    public static RaftState Fresh(Membership membership) => new()
    {
        HardState = default,
        Start = new SnapshotMark(LogIndex.Zero, Term.Zero, membership),
        Entries = [],
        Applied = LogIndex.Zero,
        Membership = membership,
    };
}
