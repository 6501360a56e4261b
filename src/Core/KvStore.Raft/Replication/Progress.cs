using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>
/// What the leader knows about one member (itself included) and how it may send to it.
/// </summary>
/// <remarks>
/// Match &lt; Next always; everything up to Match is on the peer's disk and equal to the leader's log.
/// <code>
///            accepted                          log too short for Next
///   Probe ------------------> Replicate   Probe ------------------> Snapshot
///     ^   rejected, unreachable   |         ^    sent (or failed)       |
///     +---------------------------+         +--------------------------+
/// </code>
/// Probe: one message until an answer or a heartbeat's. Replicate: as far as the window allows. Snapshot: none.
/// </remarks>
internal sealed class Progress(MemberId member, LogIndex next, Inflights inflights)
{
    private bool _probeSent;
    private bool _mustSend = true;
    private bool _wasActive;

    public MemberId Member { get; } = member;

    public bool IsLearner { get; set; }

    public LogIndex Match { get; private set; }

    public LogIndex Next { get; private set; } = next;

    /// <summary>The commit index the peer will know if nothing is lost.</summary>
    public LogIndex CommitSent { get; private set; }

    /// <summary>The commit index the peer has told.</summary>
    public LogIndex CommitKnown { get; private set; }

    public ReplicationState State { get; private set; }

    /// <summary>Heard from since the leader last checked its quorum.</summary>
    public bool IsActive { get; private set; } = true;

    /// <summary>Heard from within the last two checks: a check has just begun more often than a peer has just died.</summary>
    public bool IsAlive => IsActive || _wasActive;

    /// <summary>The latest heartbeat round the peer has answered.</summary>
    public ulong RoundAnswered { get; private set; }

    public Inflights Inflights { get; } = inflights;

    public bool IsPaused => State switch
    {
        ReplicationState.Probe => _probeSent,
        ReplicationState.Replicate => Inflights.IsFull,
        _ => true,
    };

    public bool HasSomethingToHear(LogIndex last, LogIndex committed) =>
        _mustSend || Next <= last || CommitSent < LogIndex.Min(committed, Next.Previous);

    /// <summary>Nothing is owed that needs an answer, so a commit index needs none either.</summary>
    public bool HasOnlyToHearCommit(LogIndex last) => State == ReplicationState.Replicate && !_mustSend && Next > last;

    public void CommitWasSent(LogIndex committed) => CommitSent = committed;

    /// <summary>This member's own place: only what is on its own disk counts .</summary>
    public void OwnLogPersisted(LogIndex persisted)
    {
        Match = LogIndex.Max(Match, persisted);
        Next = LogIndex.Max(Next, Match.Next);
    }

    public void Heard() => IsActive = true;

    public void QuorumChecked(bool isSelf)
    {
        _wasActive = IsActive;
        IsActive = isSelf;
    }

    public void AnsweredOwnRound(ulong round) => RoundAnswered = round;

    public void Sent(LogIndex last, long bytes, LogIndex committed)
    {
        _mustSend = false;
        if (State == ReplicationState.Probe)
            _probeSent = true;
        else if (last >= Next)
            Inflights.Add(last, bytes);
        if (State == ReplicationState.Replicate)
            Next = last.Next;
        CommitSent = LogIndex.Max(CommitSent, LogIndex.Min(committed, last));
    }

    /// <summary>False when the answer says nothing new.</summary>
    public bool Accepted(LogIndex index, LogIndex firstIndex)
    {
        var isNews = index > Match;
        Match = LogIndex.Max(Match, index);
        Next = LogIndex.Max(Next, Match.Next);
        switch (State)
        {
            case ReplicationState.Probe when index.Next >= firstIndex && index >= Match:
                Become(ReplicationState.Replicate);
                break;
            case ReplicationState.Snapshot when Match.Next >= firstIndex:
                Become(ReplicationState.Replicate);
                break;
            case ReplicationState.Replicate:
                Inflights.FreeUpTo(index);
                break;
        }

        return isNews;
    }

    /// <summary>False for a late answer to something since settled. <paramref name="agreement"/> is the best guess where the logs agree.</summary>
    public bool Rejected(LogIndex index, LogIndex agreement)
    {
        if (State == ReplicationState.Snapshot || index <= Match)
            return false;
        if (State == ReplicationState.Replicate)
        {
            Become(ReplicationState.Probe);
            return true;
        }

        if (index.Next != Next)
            return false;
        Next = LogIndex.Max(LogIndex.Min(index, agreement.Next), Match.Next);
        _probeSent = false;
        _mustSend = true;
        return true;
    }

    /// <summary>The peer lives: a lost message must not stop replication for ever.</summary>
    public void HeartbeatAnswered(ulong round, LogIndex commit, LogIndex last)
    {
        CommitKnown = LogIndex.Max(CommitKnown, commit);
        RoundAnswered = Math.Max(RoundAnswered, round);
        _probeSent = false;
        if (State == ReplicationState.Replicate && Inflights.IsFull)
            Inflights.FreeFirst();
        if (State == ReplicationState.Probe || Match < last)
            _mustSend = true;
    }

    public void Unreachable()
    {
        if (State == ReplicationState.Replicate)
            Become(ReplicationState.Probe);
    }

    public void SnapshotNeeded() => Become(ReplicationState.Snapshot);

    public void SnapshotSent(LogIndex index, bool delivered)
    {
        if (State != ReplicationState.Snapshot)
            return;
        Become(ReplicationState.Probe);
        if (delivered)
            Next = LogIndex.Max(index.Next, Next);
        // Delivered: the peer installs first, its answer will come by itself. Failed: not again before the peer shows a sign of life.
        _probeSent = true;
        _mustSend = true;
    }

    private void Become(ReplicationState state)
    {
        State = state;
        _probeSent = false;
        _mustSend = true;
        Inflights.Clear();
        Next = Match.Next;
        CommitSent = LogIndex.Min(CommitSent, Match);
    }
}
