namespace KvStore.Primitives;

/// <summary>The kinds of events that Core emits, with what their numbers (A, B, C) mean.</summary>
public enum TraceKind
{
    None = 0,

    // Consensus

    /// <summary>A = term, B = leader id (0: none).</summary>
    LeaderChanged,

    /// <summary>A = term.</summary>
    BecameFollower,

    /// <summary>A = term the member asks about without raising it.</summary>
    BecamePreCandidate,

    /// <summary>A = term.</summary>
    BecameCandidate,

    /// <summary>A = term.</summary>
    BecameLeader,

    /// <summary>A = term. The leader has not heard from a quorum for an election timeout.</summary>
    SteppedDownWithoutQuorum,

    /// <summary>A = member, B = its next index.</summary>
    PeerNeedsSnapshot,

    /// <summary>A = new number of voters, B = new number of learners, C = number of outgoing voters, above zero while the membership is joint.</summary>
    MembershipChanged,

    /// <summary>A = member from which the frame came. Detail says what was wrong.</summary>
    PeerFrameRefused,

    /// <summary>A = peer whose message showed it (0: found at start), B = last index of the log, C = index it was known to hold. Detail says why.</summary>
    RaftQuarantined,

    /// <summary>A = member that is to lead, B = its acknowledged index.</summary>
    LeadershipTransferStarted,

    /// <summary>A = member that was to lead.</summary>
    LeadershipTransferAborted,

    // Log

    /// <summary>A = bytes cut from the torn tail of the last segment.</summary>
    WalTailRepaired,

    /// <summary>A = first index of the new segment.</summary>
    WalSegmentOpened,

    /// <summary>A = index below which segments were removed, B = their number.</summary>
    WalPrefixRemoved,

    /// <summary>A = 0 (Core has no clock: how long a sync took is told by the file system's own hook), B = bytes since the last sync.</summary>
    WalSynced,

    // State machine, store

    /// <summary>A = number of entries, B = duration in microseconds, C = applied index.</summary>
    Applied,

    /// <summary>The lane begins to apply entries, or goes on after a commit: the time of the next entry begins here.</summary>
    ApplyStarted,

    /// <summary>A = kind of its command (0: none), B = 1 when it did what it was asked for, 0 when it was refused.</summary>
    EntryApplied,

    /// <summary>A = consistent index now on disk.</summary>
    StoreFlushed,

    /// <summary>A = compact revision. The removal of versions begins; how long it takes is seen by who has a clock.</summary>
    CompactionStarted,

    /// <summary>One step of a compaction begins; nothing is applied before it ends.</summary>
    CompactionStepStarted,

    /// <summary>The step has ended.</summary>
    CompactionStepFinished,

    /// <summary>A = compact revision, B = revisions removed.</summary>
    CompactionFinished,

    /// <summary>A = lease id, B = its time in seconds.</summary>
    LeaseGranted,

    /// <summary>A = lease id, B = number of keys deleted.</summary>
    LeaseExpired,

    /// <summary>A = member asked, B = snapshot index.</summary>
    SnapshotSendStarted,

    /// <summary>A = member asked, B = snapshot index. Detail is empty on success.</summary>
    SnapshotSendFinished,

    /// <summary>A = member that sends, B = snapshot index.</summary>
    SnapshotReceiveStarted,

    /// <summary>A = snapshot index. Detail is empty on success.</summary>
    SnapshotReceiveFinished,

    /// <summary>A = snapshot index.</summary>
    SnapshotInstalled,

    // Watch

    /// <summary>A = watchers that became lagging.</summary>
    WatchersLagging,
}
