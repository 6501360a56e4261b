using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>
/// What the core wants done. One instance is reused: it and its lists are valid until the next call of
/// <see cref="RaftCore.TryTakeReady"/>; the messages and entries in them may be kept.
/// </summary>
/// <remarks>
/// The order: (1) MessagesNow and SnapshotsToSend at any time; (2) HardState and EntriesToAppend to the log, in the order of the
/// Readies; (3) when <see cref="NeedsPersist"/>, sync and then <see cref="RaftCore.Persisted"/>; (4) only then
/// MessagesAfterPersist. Without NeedsPersist they may be sent at once, and Persisted need not be called: nothing they promise
/// is still on its way to the disk. EntriesToApply and the reads do not wait for (2)-(4).
/// </remarks>
public sealed class Ready
{
    internal List<LogEntry> AppendList { get; } = [];

    internal List<LogEntry> ApplyList { get; } = [];

    internal List<PeerMessage> NowList { get; } = [];

    internal List<PeerMessage> AfterPersistList { get; } = [];

    internal List<ReadState> ReadList { get; } = [];

    internal List<ulong> RefusedList { get; } = [];

    internal List<MemberId> SnapshotList { get; } = [];

    internal List<TraceEvent> TraceList { get; } = [];

    /// <summary>The new hard state, or null when it did not change. A change of the commit index alone need not be synced.</summary>
    public HardState? HardState { get; internal set; }

    /// <summary>Entries to append to the log; the first one's index may lie within it and then cuts off what was there.</summary>
    public IReadOnlyList<LogEntry> EntriesToAppend => AppendList;

    /// <summary>Messages that promise nothing about this member's disk.</summary>
    public IReadOnlyList<PeerMessage> MessagesNow => NowList;

    /// <summary>Messages that may leave only when everything up to <see cref="PersistMark"/> is on disk.</summary>
    public IReadOnlyList<PeerMessage> MessagesAfterPersist => AfterPersistList;

    public PersistMark PersistMark { get; internal set; }

    /// <summary>The contents must be made durable in turn and <see cref="RaftCore.Persisted"/> be called with the mark.</summary>
    public bool NeedsPersist { get; internal set; }

    /// <summary>Committed and on this member's disk; to be applied in this order, reported by <see cref="RaftCore.Applied"/>.</summary>
    public IReadOnlyList<LogEntry> EntriesToApply => ApplyList;

    public IReadOnlyList<ReadState> ReadStates => ReadList;

    /// <summary>Reads that will get no answer: the leader changed. Retriable.</summary>
    public IReadOnlyList<ulong> ReadsRefused => RefusedList;

    /// <summary>An accepted snapshot to put in place of the state machine and the log; reported by SnapshotInstalled or SnapshotAbandoned.</summary>
    public SnapshotMark? SnapshotToInstall { get; internal set; }

    /// <summary>Peers that need a snapshot; each is reported once by SnapshotSendFinished.</summary>
    public IReadOnlyList<MemberId> SnapshotsToSend => SnapshotList;

    /// <summary>The known leader or the term changed since the last Ready.</summary>
    public bool LeaderChanged { get; internal set; }

    public IReadOnlyList<TraceEvent> TraceEvents => TraceList;

    internal bool IsEmpty =>
        HardState is null && AppendList.Count == 0 && NowList.Count == 0 && AfterPersistList.Count == 0 && ApplyList.Count == 0
        && ReadList.Count == 0 && RefusedList.Count == 0 && SnapshotToInstall is null && SnapshotList.Count == 0
        && TraceList.Count == 0 && !LeaderChanged;

    internal void Clear()
    {
        AppendList.Clear();
        ApplyList.Clear();
        NowList.Clear();
        AfterPersistList.Clear();
        ReadList.Clear();
        RefusedList.Clear();
        SnapshotList.Clear();
        TraceList.Clear();
        HardState = null;
        PersistMark = default;
        NeedsPersist = false;
        SnapshotToInstall = null;
        LeaderChanged = false;
    }
}
