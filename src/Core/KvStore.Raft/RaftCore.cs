using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>Decides what the log contains and when an entry is committed. One instance per member; one caller at a time.</summary>
/// <remarks>
/// R-1 terms never go back. R-2 one vote per term. R-3 a committed entry is never overwritten. R-11 nothing that promises
/// durability leaves before it is durable. All of them: INVARIANTS.md. This file holds what every role shares: terms, votes, the
/// transitions, and the taking of a Ready; what differs is in Roles/.
/// </remarks>
public sealed class RaftCore
{
    /// <summary>
    /// Ticks that a follower waits at least after the connection to its leader broke: a leader that lives sends a heartbeat in one.
    /// </summary>
    private const int ElectionTicksUnseen = 2;

    private readonly Prng _prng;
    private readonly Follower _follower;
    private readonly Candidate _candidate;
    private readonly Leader _leader;
    private IRole _role;
    private MemberId _vote;

    // The Ready being filled, and the one the caller may still be reading.
    private Ready _filling = new();
    private Ready _taken = new();
    private HardState _handedOut;
    private (Term Term, MemberId Leader) _announced;
    private ulong _sequence;

    public RaftCore(RaftOptions options, RaftState restored, Prng prng)
    {
        options.Validate();
        Options = options;
        _prng = prng;
        var start = restored.Start;
        Log = new RaftLog(start.Index, start.Term, restored.Entries);
        Membership = restored.Membership;
        Term = restored.HardState.Term;
        _vote = restored.HardState.Vote;
        _handedOut = restored.HardState;
        Restore(restored);
        _announced = (Term, MemberId.None);
        _follower = new Follower(this, prng.NextUInt64());
        _candidate = new Candidate(this);
        _leader = new Leader(this);
        _role = _follower;
        ResetElectionTimer();
    }

    public RaftRole Role { get; private set; }

    public Term Term { get; private set; }

    public MemberId Leader { get; private set; }

    public LogIndex CommitIndex => Log.Committed;

    public LogIndex AppliedIndex => Log.Applied;

    public LogIndex LastIndex => Log.LastIndex;

    public LogIndex FirstIndex => Log.FirstIndex;

    /// <summary>Bytes of entries held in memory; <see cref="CompactLog"/> frees them.</summary>
    public long LogBytes => Log.Bytes;

    public long UncommittedBytes => _leader.UncommittedBytes;

    /// <summary>Reads asked for here and not answered or refused yet (on a leader, its followers' too).</summary>
    public int PendingReads => _leader.PendingReads + _follower.PendingReads;

    public Membership Membership { get; private set; }

    public bool IsTransferring => !_leader.Transferee.IsNone || (Role == RaftRole.Leader && IsLeaving);

    /// <summary>
    /// A change removed this member while it led, and it has not heard yet that the others would know after a restart, also when
    /// it leads no more: until then they may need its vote.
    /// </summary>
    public bool IsLeaving => _leader.IsLeaving;

    /// <summary>Why this member takes no part any more, or null. Its log contradicts what it once acknowledged (R10).</summary>
    public string? Quarantine { get; private set; }

    internal RaftOptions Options { get; }

    internal RaftLog Log { get; }

    internal MemberId Self => Options.Self;

    internal MemberId Vote => _vote;

    internal Ready Out => _filling;

    /// <summary>Ticks since the election timer was reset: by a leader's message, a granted vote, or a new term.</summary>
    internal int ElectionElapsed { get; set; }

    internal int ElectionTimeout { get; private set; }

    /// <summary>An accepted snapshot that is not yet installed.</summary>
    internal SnapshotMark? Installing { get; private set; }

    /// <summary>A voter whose membership is not about to change under it, with a log that is not about to be replaced.</summary>
    internal bool MayCampaign => Membership.IsVoter(Self) && Installing is null && Quarantine is null && !HasUnappliedMembership();

    /// <summary>One heartbeat unit has passed.</summary>
    public void Tick()
    {
        if (Quarantine is null)
            _role.Tick();
    }

    /// <summary>A peer spoke. Whatever it says, this does not throw.</summary>
    public void Step(in PeerMessage message)
    {
        if (Quarantine is not null)
            return;
        if (MessageRules.Fault(message, Self) is { } fault)
        {
            Refuse(message.From, fault);
            return;
        }

        LearnCommit(message);
        if (!MessageRules.CarriesNoTerm(message.Kind) && !IsOfThisTerm(message))
            return;
        if (message.Kind is PeerMessageKind.Vote or PeerMessageKind.PreVote)
            OnVoteRequest(message);
        else
            _role.Step(message);
    }

    /// <summary>Proposes a command. With <paramref name="leaderOnly"/> it is not forwarded: it makes sense only from the leader (R15).</summary>
    public ProposeResult Propose(ReadOnlyMemory<byte> command, bool leaderOnly = false) =>
        Quarantine is null ? _role.Propose(LogEntryKind.Command, command, leaderOnly) : ProposeResult.NoLeader;

    /// <summary>Proposes a change; <paramref name="data"/> is its encoding, empty exactly for <see cref="MembershipChange.LeaveJoint"/>.</summary>
    public ProposeResult ProposeMembership(MembershipChange change, ReadOnlyMemory<byte> data)
    {
        Check.That(change.IsLeaveJoint == data.IsEmpty, "only leaving a joint membership has no data");
        if (Quarantine is not null)
            return ProposeResult.NoLeader;
        if (Role == RaftRole.Leader && !MembershipChanger.TryApply(Membership, change, out _, out _))
            return ProposeResult.InvalidMembershipChange;
        return _role.Propose(LogEntryKind.Membership, data, leaderOnly: false);
    }

    /// <summary>Proposes a change that another member was asked for: whether it can be made is judged when it is applied, and answered there.</summary>
    public ProposeResult ProposeMembershipForPeer(ReadOnlyMemory<byte> data) =>
        Quarantine is null ? _role.Propose(LogEntryKind.Membership, data, leaderOnly: false) : ProposeResult.NoLeader;

    /// <summary>
    /// A committed entry of kind Membership is being applied (before <see cref="Applied"/> is told). Returns the membership from now
    /// on; one that cannot be changed so stays as it is, on every member alike.
    /// </summary>
    public Membership ApplyMembership(MembershipChange change)
    {
        if (!MembershipChanger.TryApply(Membership, change, out var next, out _))
            return Membership;
        Membership = next;
        Trace(TraceKind.MembershipChanged, (ulong)next.Voters.Count, (ulong)next.Learners.Count, (ulong)next.OutgoingVoters.Count);
        if (Role == RaftRole.Leader)
            _leader.OnMembershipChanged();
        return next;
    }

    /// <summary>Asks for a read index. False: no leader known, or too many reads wait.</summary>
    public bool RequestRead(ulong context) => Quarantine is null && _role.RequestRead(context);

    /// <summary>Hands leadership over, or asks the leader to. False: refused (no leader known, or the target cannot lead).</summary>
    public bool TransferLeadership(MemberId to) => Quarantine is null && _role.TransferLeadership(to);

    /// <summary>Starts an election without waiting for the timer, if this member may.</summary>
    public void Campaign()
    {
        if (Role != RaftRole.Leader && MayCampaign)
            StartElection(force: false);
    }

    /// <summary>Everything handed out up to the mark is on disk.</summary>
    public void Persisted(in PersistMark mark)
    {
        Check.That(mark.Sequence <= _sequence, "only what was handed out is persisted");
        Log.Tail.PersistedUpTo(mark);
        _role.OnPersisted();
    }

    /// <summary>The state machine has applied everything up to the index.</summary>
    public void Applied(LogIndex index)
    {
        if (index <= Log.Applied)
            return;
        Log.AppliedTo(index);
        if (Role == RaftRole.Leader)
            _leader.OnApplied();
    }

    /// <summary>A complete snapshot has arrived, from a member in <paramref name="term"/>. False: it is not needed and may be deleted.</summary>
    public bool OfferSnapshot(in SnapshotMark mark, MemberId from, Term term)
    {
        if (Quarantine is not null || from.IsNone || from == Self || term < Term || mark.Index == LogIndex.Zero || mark.Term > term)
            return false;
        if (term == Term && Role == RaftRole.Leader)
        {
            Refuse(from, "a snapshot for this term's leader");
            return false;
        }

        // That it sends a snapshot does not make a member this term's leader: it may have lost that while it was sending.
        if (term > Term)
            BecomeFollower(term, MemberId.None);
        if (from == Leader)
            ElectionElapsed = 0;
        if (Installing is not null)
            return false;
        if (!mark.Membership.Contains(Self))
        {
            Refuse(from, "a snapshot whose membership lacks this member");
            return false;
        }

        return !IsInLog(mark) && Accept(mark);
    }

    /// <summary>The snapshot is the state machine's state and the log's start, on disk.</summary>
    public void SnapshotInstalled(in SnapshotMark mark)
    {
        Check.That(Installing == mark, "the snapshot that is installed is the one that was accepted");
        Installing = null;
        Log.RestartAfter(mark.Index, mark.Term);
        Membership = mark.Membership;
        Trace(TraceKind.SnapshotInstalled, mark.Index.Value);
        TellLeader(mark.Index);
    }

    /// <summary>The accepted snapshot could not be installed; nothing changed.</summary>
    public void SnapshotAbandoned() => Installing = null;

    /// <summary>The snapshot asked for in a Ready went over (as of <paramref name="index"/>), or did not.</summary>
    public void SnapshotSendFinished(MemberId to, LogIndex index, bool delivered)
    {
        if (Role == RaftRole.Leader)
            _leader.OnSnapshotSent(to, index, delivered);
    }

    /// <summary>
    /// Frames to the peer are being lost: nothing is sent ahead until it answers. A leader of whom that is true is none for now, and
    /// an election is near.
    /// </summary>
    public void PeerUnreachable(MemberId peer)
    {
        if (Role == RaftRole.Leader)
            _leader.OnUnreachable(peer);
        else if (Role == RaftRole.Follower && peer == Leader)
            LoseSightOfLeader();
    }

    /// <summary>Drops entries up to the index, which are applied. A peer that still needs one gets a snapshot.</summary>
    public void CompactLog(LogIndex upTo) => Log.Compact(upTo);

    /// <summary>Null for an index that is not in the log any more, or not yet.</summary>
    public Term? TermAt(LogIndex index) => Log.TermAt(index);

    /// <summary>Members as the leader knows them, this one included; none on others.</summary>
    public void CopyPeersTo(List<PeerStatus> destination)
    {
        if (Role != RaftRole.Leader)
            return;
        foreach (var peer in _leader.Peers)
        {
            destination.Add(new PeerStatus(
                peer.Member, peer.IsLearner, peer.State, peer.Match, peer.Next, peer.IsAlive, peer.Inflights.Count, peer.Inflights.Bytes));
        }
    }

    /// <summary>Takes everything there is to do. False when there is nothing. See <see cref="Ready"/> for the order of doing it.</summary>
    public bool TryTakeReady(out Ready ready)
    {
        if (Quarantine is null)
            _role.Flush();
        ready = _filling;
        Fill(ready);
        if (ready.IsEmpty)
            return false;
        (_filling, _taken) = (_taken, _filling);
        _filling.Clear();
        return true;
    }

    internal void StepRole(in PeerMessage message) => _role.Step(message);

    internal PeerMessage To(MemberId member, PeerMessageKind kind) => new() { Kind = kind, From = Self, To = member, Term = Term };

    internal void Send(in PeerMessage message) => (message.PromisesDurability ? Out.AfterPersistList : Out.NowList).Add(message);

    internal void Trace(TraceKind kind, ulong a = 0, ulong b = 0, ulong c = 0, string? detail = null) =>
        Out.TraceList.Add(new TraceEvent(kind, a, b, c, detail));

    internal void Refuse(MemberId from, string fault) => Trace(TraceKind.PeerFrameRefused, from.Value, detail: fault);

    /// <summary>A leader of this term spoke. False when it cannot be: we know another one.</summary>
    internal bool FollowLeader(MemberId from)
    {
        if (!Leader.IsNone && Leader != from)
        {
            Refuse(from, "another leader in this term");
            return false;
        }

        SetLeader(from);
        ElectionElapsed = 0;
        return true;
    }

    internal void EnterQuarantine(MemberId peer, LogIndex known, string why)
    {
        BecomeFollower(Term, MemberId.None);
        Quarantine = why;
        Trace(TraceKind.RaftQuarantined, peer.Value, Log.LastIndex.Value, known.Value, why);
    }

    internal void StartElection(bool force)
    {
        // A leader that hands over has asked its quorum already.
        if (Options.PreVote && !force)
            BecomePreCandidate();
        else
            BecomeCandidate(force);
    }

    internal void BecomeFollower(Term term, MemberId leader)
    {
        Enter(_follower, RaftRole.Follower, term, leader);
        Trace(TraceKind.BecameFollower, Term.Value);
    }

    internal void BecomeCandidate(bool force)
    {
        Enter(_candidate, RaftRole.Candidate, Term.Next, MemberId.None);
        _vote = Self;
        Trace(TraceKind.BecameCandidate, Term.Value);
        _candidate.AskForVotes(force);
    }

    internal void BecomeLeader()
    {
        Enter(_leader, RaftRole.Leader, Term, Self);
        Trace(TraceKind.BecameLeader, Term.Value);
        _leader.Enter();
    }

    private void BecomePreCandidate()
    {
        Enter(_candidate, RaftRole.PreCandidate, Term, MemberId.None);
        Trace(TraceKind.BecamePreCandidate, Term.Next.Value);
        _candidate.AskBeforehand();
    }

    private void Enter(IRole role, RaftRole name, Term term, MemberId leader)
    {
        Check.That(term >= Term, "terms never go back");
        _role.Leave();
        if (term > Term)
            _vote = MemberId.None;
        Term = term;
        Leader = leader;
        Role = name;
        _role = role;
        ResetElectionTimer();
    }

    private void SetLeader(MemberId leader)
    {
        if (Leader == leader)
            return;
        _role.Leave();
        Leader = leader;
    }

    // What is passed on to a leader whose connection broke is lost, and its clients would wait for nothing: better it waits here for
    // the next leader. Part of the election timeout is forgone, since a process that ended closes its connections and silence from
    // a living one does not. Whoever still hears the leader votes for nobody (R6), and its next heartbeat restores everything.
    private void LoseSightOfLeader()
    {
        SetLeader(MemberId.None);
        ElectionElapsed = Math.Max(ElectionElapsed, ElectionTimeout - (int)_prng.Between(ElectionTicksUnseen, Options.ElectionTicksMin));
    }

    private void ResetElectionTimer()
    {
        ElectionElapsed = 0;
        ElectionTimeout = (int)_prng.Between(Options.ElectionTicksMin, Options.ElectionTicksMax);
    }

    /// <summary>Moves to a higher term or answers a lower one. False when the message ends here.</summary>
    private bool IsOfThisTerm(in PeerMessage message)
    {
        if (message.Term == Term)
            return true;
        if (message.Term < Term)
        {
            AnswerEarlierTerm(message);
            return false;
        }

        if (message.Kind is PeerMessageKind.Vote or PeerMessageKind.PreVote && !message.Force && LeaderIsAlive())
            return false;
        // Asking beforehand and being granted it speak of a term that nobody has entered.
        if (message.Kind == PeerMessageKind.PreVote || (message.Kind == PeerMessageKind.PreVoteResponse && !message.Reject))
            return true;
        BecomeFollower(message.Term, MessageRules.IsOfLeader(message.Kind) ? message.From : MemberId.None);
        return true;
    }

    // Whoever heard from its leader within the shortest election timeout helps nobody to depose it (R6; thesis §4.2.3).
    private bool LeaderIsAlive() => Options.CheckQuorum && !Leader.IsNone && ElectionElapsed < Options.ElectionTicksMin;

    // A member with a higher term that cannot be elected would otherwise be deaf for ever: telling the term lets the leader step
    // down and include it (R7).
    private void AnswerEarlierTerm(in PeerMessage message)
    {
        if (message.Kind == PeerMessageKind.PreVote)
            Send(To(message.From, PeerMessageKind.PreVoteResponse) with { Reject = true });
        else if (MessageRules.IsOfLeader(message.Kind))
            Send(To(message.From, PeerMessageKind.AppendResponse));
    }

    private void OnVoteRequest(in PeerMessage message)
    {
        var isPreVote = message.Kind == PeerMessageKind.PreVote;
        var isFree = _vote == message.From || (_vote.IsNone && Leader.IsNone) || (isPreVote && message.Term > Term);
        var granted = isFree && Log.IsUpToDate(message.Index, message.LogTerm);
        if (granted && !isPreVote)
        {
            ElectionElapsed = 0;
            _vote = message.From;
        }

        Send(To(message.From, isPreVote ? PeerMessageKind.PreVoteResponse : PeerMessageKind.VoteResponse) with
        {
            Term = granted ? message.Term : Term,
            Reject = !granted,
            Index = granted ? LogIndex.Zero : Log.Committed,
            LogTerm = granted ? Term.Zero : Log.TermAt(Log.Committed) ?? Term.Zero,
        });
    }

    // What is committed stays committed, whoever says so and in whatever term. Without this a candidate whose membership is behind
    // could need, for ever, the vote of a member that has left in a change which the candidate holds but does not know to be committed;
    // and a learner that does not know of its promotion would neither campaign nor, with the longer log, vote for anybody.
    private void LearnCommit(in PeerMessage message)
    {
        var (index, term) = message.Kind switch
        {
            PeerMessageKind.VoteResponse or PeerMessageKind.PreVoteResponse when message.Reject => (message.Index, message.LogTerm),
            PeerMessageKind.Vote or PeerMessageKind.PreVote => (message.Commit, message.CommitTerm),
            _ => default,
        };
        if (index > LogIndex.Zero && Role != RaftRole.Leader && Installing is null && Log.Matches(index, term))
            Log.CommitTo(index);
    }

    private bool HasUnappliedMembership()
    {
        for (var index = Log.Applied.Next; index <= Log.Committed; index = index.Next)
        {
            if (Log[index].Kind == LogEntryKind.Membership)
                return true;
        }

        return false;
    }

    /// <summary>True, and answered, when the log already holds what the snapshot would bring.</summary>
    private bool IsInLog(in SnapshotMark mark)
    {
        if (mark.Index > Log.Committed && !Log.Matches(mark.Index, mark.Term))
            return false;
        Log.CommitTo(mark.Index);
        TellLeader(Log.Committed);
        return true;
    }

    private void TellLeader(LogIndex index)
    {
        if (!Leader.IsNone && Leader != Self)
            Send(To(Leader, PeerMessageKind.AppendResponse) with { Index = index });
    }

    private bool Accept(in SnapshotMark mark)
    {
        if (Role != RaftRole.Follower)
            BecomeFollower(Term, MemberId.None);
        Installing = mark;
        Out.SnapshotToInstall = mark;
        return true;
    }

    // A leader proposes a change of the membership only when it has applied the one before. So whoever holds the later one
    // knows that the earlier one is committed, even if it crashed before it wrote that down; without this it could campaign with
    // a membership two changes old, whose majorities need not meet the present ones.
    private LogIndex CommittedByMembership()
    {
        LogIndex last = default, beforeLast = default;
        for (var index = Log.FirstIndex; index <= Log.LastIndex; index = index.Next)
        {
            if (Log[index].Kind == LogEntryKind.Membership)
                (last, beforeLast) = (index, last);
        }

        return beforeLast;
    }

    private void Restore(RaftState restored)
    {
        // Founders begin either after a common first entry (RaftState.Founding) or with entries that make them members.
        Check.That(
            LogIndex.Max(Log.StartIndex, restored.Applied) > LogIndex.Zero || restored.Membership.Voters.Count == 0,
            "a membership comes from the start of the log or from entries that were applied");
        Check.That(restored.Applied >= Log.StartIndex, "the state machine has applied what the log no longer holds");
        // The store may have been flushed after the last hard state (R11): what it applied was committed.
        var known = LogIndex.Max(LogIndex.Max(restored.HardState.Commit, restored.Applied), CommittedByMembership());
        Log.Tail.RestoreCommit(LogIndex.Max(restored.HardState.Commit, Log.StartIndex));
        Log.Restore(LogIndex.Max(LogIndex.Min(known, Log.LastIndex), Log.StartIndex), LogIndex.Min(restored.Applied, Log.LastIndex));
        if (Log.LastTerm > Term)
            Term = Log.LastTerm;
        if (known <= Log.LastIndex)
            return;
        Quarantine = "the log ends before what was known to be committed";
        Trace(TraceKind.RaftQuarantined, 0, Log.LastIndex.Value, known.Value, Quarantine);
    }

    private void Fill(Ready ready)
    {
        Log.TakeEntriesToAppend(ready.AppendList);
        if (Installing is null)
            Log.TakeEntriesToApply(ready.ApplyList, Options.ApplyBatchBytesMax);
        // The commit index on disk never passes the entries on disk: a torn end of the log must not look like a lost one.
        var state = new HardState(Term, _vote, LogIndex.Max(_handedOut.Commit, LogIndex.Min(Log.Committed, Log.Tail.Persisted)));
        // A member that knew of a change and forgot it would count the majority of before, and may need the vote of one that has left.
        var mustSync = ready.AppendList.Count > 0 || state.Term != _handedOut.Term || state.Vote != _handedOut.Vote
            || Log.LastMembershipWithin(_handedOut.Commit, state.Commit) is not null;
        ready.HardState = state == _handedOut ? null : state;
        _handedOut = state;
        ready.NeedsPersist = mustSync || (ready.AfterPersistList.Count > 0 && Log.Tail.HasOutstanding);
        if (ready.NeedsPersist)
            Log.Tail.Await(new PersistMark(++_sequence), state);
        ready.PersistMark = new PersistMark(_sequence);
        ready.LeaderChanged = _announced != (Term, Leader);
        if (ready.LeaderChanged)
            Trace(TraceKind.LeaderChanged, Term.Value, Leader.Value);
        _announced = (Term, Leader);
    }
}
