using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>
/// Orders proposals, sends them, counts what is on disk where, and commits. What it owes its peers is only noted by each call and
/// said once per Ready, so that a thousand proposals are a few messages.
/// </summary>
internal sealed class Leader(RaftCore core) : IRole
{
    private readonly ProgressTable _peers = new(core.Options);
    private readonly ReadIndexQueue _reads = new(core.Options);
    private int _heartbeatElapsed;

    // A change of the membership may be proposed when everything up to here is applied.
    private LogIndex _membershipPending;

    // The change that removed this leader, once it is applied: it goes on until the others know that it is committed.
    private LogIndex? _leavesAfter;

    /// <summary>Cost of the entries that are not committed yet.</summary>
    public long UncommittedBytes { get; private set; }

    public MemberId Transferee { get; private set; }

    /// <summary>A change has removed this leader, which takes no proposals any more and has not heard that the others know .</summary>
    public bool IsLeaving => _leavesAfter is not null;

    public ReadOnlySpan<Progress> Peers => _peers.All;

    public int PendingReads => _reads.Count;

    private bool HasCommittedInTerm => core.Log.TermAt(core.Log.Committed) == core.Term;

    public void Enter()
    {
        var log = core.Log;
        _heartbeatElapsed = 0;
        Transferee = MemberId.None;
        _leavesAfter = null;
        _peers.Reset(core.Membership, log.LastIndex);
        _membershipPending = log.LastIndex;
        UncommittedBytes = 0;
        for (var index = log.Committed.Next; index <= log.LastIndex; index = index.Next)
            UncommittedBytes += log[index].CostBytes;
        Append(LogEntryKind.Empty, default);
        OnPersisted();
    }

    public void Tick()
    {
        core.ElectionElapsed++;
        _heartbeatElapsed++;
        if (core.ElectionElapsed >= core.Options.ElectionTicksMin)
        {
            core.ElectionElapsed = 0;
            if (core.Options.CheckQuorum && !_peers.TakeQuorumActive())
            {
                core.Trace(TraceKind.SteppedDownWithoutQuorum, core.Term.Value);
                core.BecomeFollower(core.Term, MemberId.None);
                return;
            }

            AbortTransfer();
        }

        if (_heartbeatElapsed >= core.Options.HeartbeatTicks)
            SendHeartbeats();
    }

    public void Step(in PeerMessage message)
    {
        switch (message.Kind)
        {
            case PeerMessageKind.Append:
            case PeerMessageKind.Heartbeat:
            case PeerMessageKind.Commit:
                core.Refuse(message.From, "another leader in this term");
                return;
            case PeerMessageKind.Propose:
                OnPropose(message);
                return;
            case PeerMessageKind.ReadIndex:
                _reads.TryAdd(new ReadRequest(0, message.From, message.Token));
                return;
            case PeerMessageKind.TransferLeadership:
                TransferLeadership(message.Target);
                return;
        }

        if (_peers.Find(message.From) is not { } peer)
            return;
        peer.Heard();
        if (message.Kind == PeerMessageKind.AppendResponse)
            OnAppendResponse(peer, message);
        else if (message.Kind == PeerMessageKind.HeartbeatResponse)
            OnHeartbeatResponse(peer, message);
    }

    public ProposeResult Propose(LogEntryKind kind, ReadOnlyMemory<byte> data, bool leaderOnly)
    {
        if (!Transferee.IsNone || IsLeaving)
            return ProposeResult.Transferring;
        if (kind == LogEntryKind.Membership && (_membershipPending > core.Log.Applied || !HasCommittedInTerm))
            return ProposeResult.MembershipChangePending;
        if (kind == LogEntryKind.Membership && data.IsEmpty != core.Membership.IsJoint)
            return ProposeResult.InvalidMembershipChange;
        // One proposal is always let in, however large: otherwise it could never be made.
        var cost = data.Length + LogEntry.OverheadBytes;
        if (UncommittedBytes > 0 && UncommittedBytes + cost > core.Options.UncommittedBytesMax)
            return ProposeResult.Overloaded;
        Append(kind, data);
        return ProposeResult.Accepted;
    }

    public bool RequestRead(ulong context) => _reads.TryAdd(new ReadRequest(context, MemberId.None, ReadToken.None));

    public bool TransferLeadership(MemberId to)
    {
        if (to == core.Self || !core.Membership.IsVoter(to) || _peers.Find(to) is not { } peer)
            return false;
        if (Transferee == to)
            return true;
        // A member that does not answer, or that needs a snapshot, will not catch up while proposals are held back (R13).
        if (!Transferee.IsNone || !peer.IsAlive || peer.State == ReplicationState.Snapshot || peer.Match.Next < core.Log.FirstIndex)
            return false;
        Transferee = to;
        core.ElectionElapsed = 0;
        core.Trace(TraceKind.LeadershipTransferStarted, to.Value, peer.Match.Value);
        HandOverIfCaughtUp(peer);
        return true;
    }

    public void OnPersisted()
    {
        _peers.Find(core.Self)?.OwnLogPersisted(core.Log.Tail.Persisted);
        TryCommit();
    }

    public void Flush()
    {
        if (HasCommittedInTerm && _reads.TryStartRound(core.Log.Committed))
            SendHeartbeats();
        AnswerReads();
        foreach (var peer in _peers.All)
        {
            if (peer.Member != core.Self)
                SendEntries(peer);
        }
    }

    public void Leave()
    {
        _reads.Abandon(core.Out.RefusedList);
        Transferee = MemberId.None;
        UncommittedBytes = 0;
    }

    /// <summary>
    /// A change is applied. A leader that it removes goes on without counting itself until a quorum of the others knows that the change
    /// is committed (R20): if it left before, they might need its vote to elect another.
    /// </summary>
    public void OnMembershipChanged()
    {
        _peers.Change(core.Membership, core.Log.LastIndex);
        if (!Transferee.IsNone && !core.Membership.IsVoter(Transferee))
            AbortTransfer();
        // The change itself and not what follows it: only a commit index that passes a change is sure to be on the others' disks.
        _leavesAfter = core.Membership.IsVoter(core.Self)
            ? null
            : core.Log.LastMembershipWithin(core.Log.Applied, core.Log.Committed) ?? _membershipPending;
        if (_leavesAfter is not null)
            SendHeartbeats();
        TryCommit();
    }

    public void OnApplied()
    {
        if (core.Membership.IsJoint && core.Membership.AutoLeave && _membershipPending <= core.Log.Applied && HasCommittedInTerm)
            Append(LogEntryKind.Membership, default);
    }

    public void OnUnreachable(MemberId member) => _peers.Find(member)?.Unreachable();

    public void OnSnapshotSent(MemberId member, LogIndex index, bool delivered) => _peers.Find(member)
        ?.SnapshotSent(LogIndex.Min(index, core.Log.LastIndex), delivered);

    private void Append(LogEntryKind kind, ReadOnlyMemory<byte> data)
    {
        var entry = new LogEntry(core.Term, core.Log.LastIndex.Next, kind, data);
        core.Log.Append(entry);
        UncommittedBytes += entry.CostBytes;
        if (kind == LogEntryKind.Membership)
            _membershipPending = entry.Index;
    }

    private void OnPropose(in PeerMessage message)
    {
        // A refused one is dropped: forwarding promised nothing, the proposer waits for the applied entry or gives up.
        foreach (ref readonly var entry in message.Entries.Span)
            Propose(entry.Kind, entry.Data, leaderOnly: false);
    }

    private void OnAppendResponse(Progress peer, in PeerMessage message)
    {
        if (message.Index > core.Log.LastIndex)
        {
            core.Refuse(message.From, "an acknowledgement of entries that were not sent");
            return;
        }

        if (message.Reject)
        {
            peer.Rejected(message.Index, core.Log.LastWithTermAtMost(message.HintIndex, message.LogTerm));
            return;
        }

        if (peer.Accepted(message.Index, core.Log.FirstIndex))
            TryCommit();
        HandOverIfCaughtUp(peer);
    }

    private void OnHeartbeatResponse(Progress peer, in PeerMessage message)
    {
        // Only an answer to a round of this leadership, that was sent, says that the peer follows us now.
        var round = message.Token.Epoch == core.Term.Value && message.Token.Sequence <= _reads.LatestRound ? message.Token.Sequence : 0;
        peer.HeartbeatAnswered(round, message.Commit, core.Log.LastIndex);
        AnswerReads();
        LeaveIfKnown();
    }

    private void LeaveIfKnown()
    {
        if (_leavesAfter is not { } index || _peers.QuorumCommit() < index)
            return;
        Flush();
        // The one that is furthest wins its election at once; whether it hears of it is no matter of safety.
        Progress? successor = null;
        foreach (var peer in _peers.All)
        {
            if (!peer.IsLearner && peer.CommitKnown >= index && (successor is null || peer.Match > successor.Match))
                successor = peer;
        }

        if (successor is not null)
            core.Send(core.To(successor.Member, PeerMessageKind.TimeoutNow) with { Index = successor.Match });
        _leavesAfter = null;
        core.BecomeFollower(core.Term, MemberId.None);
    }

    // An entry of an earlier term is committed only by one of our own after it (raft paper §5.4.2; R-7).
    private void TryCommit()
    {
        var log = core.Log;
        var reached = LogIndex.Min(_peers.QuorumMatch(), log.LastIndex);
        if (reached <= log.Committed || log.TermAt(reached) != core.Term)
            return;
        for (var index = log.Committed.Next; index <= reached; index = index.Next)
            UncommittedBytes -= log[index].CostBytes;
        log.CommitTo(reached);
    }

    private void SendEntries(Progress peer)
    {
        var log = core.Log;
        while (!peer.IsPaused && peer.HasSomethingToHear(log.LastIndex, log.Committed))
        {
            var previous = peer.Next.Previous;
            if (log.TermAt(previous) is not { } previousTerm)
            {
                NeedSnapshot(peer);
                return;
            }

            if (peer.HasOnlyToHearCommit(log.LastIndex))
            {
                SendCommit(peer);
                return;
            }

            var entries = peer.Next <= log.LastIndex ? log.Slice(peer.Next, core.Options.AppendBytesMax) : default;
            core.Send(core.To(peer.Member, PeerMessageKind.Append) with
            {
                Index = previous, LogTerm = previousTerm, Commit = log.Committed, Entries = entries,
            });
            long bytes = 0;
            foreach (ref readonly var entry in entries.Span)
                bytes += entry.CostBytes;
            peer.Sent(previous + (ulong)entries.Length, bytes, log.Committed);
        }
    }

    private void SendCommit(Progress peer)
    {
        var index = LogIndex.Min(core.Log.Committed, peer.Next.Previous);
        core.Send(core.To(peer.Member, PeerMessageKind.Commit) with { Index = index, LogTerm = core.Log.TermAt(index)!.Value });
        peer.CommitWasSent(index);
    }

    private void NeedSnapshot(Progress peer)
    {
        // One that does not answer would only hold a snapshot open.
        if (!peer.IsAlive)
            return;
        core.Trace(TraceKind.PeerNeedsSnapshot, peer.Member.Value, peer.Next.Value);
        peer.SnapshotNeeded();
        core.Out.SnapshotList.Add(peer.Member);
    }

    private void SendHeartbeats()
    {
        _heartbeatElapsed = 0;
        var token = new ReadToken(core.Term.Value, _reads.NextRound());
        foreach (var peer in _peers.All)
        {
            if (peer.Member == core.Self)
                continue;
            core.Send(core.To(peer.Member, PeerMessageKind.Heartbeat) with
            {
                Commit = LogIndex.Min(core.Log.Committed, peer.Match), Token = token,
            });
        }
    }

    private void AnswerReads()
    {
        if (_reads.RoundCount == 0)
            return;
        var confirmed = _peers.QuorumRound(_reads.LatestRound);
        while (_reads.TryTakeConfirmed(confirmed, out var index, out var requests))
        {
            foreach (var request in requests)
                Answer(request, index);
            _reads.Recycle(requests);
        }
    }

    private void Answer(in ReadRequest request, LogIndex index)
    {
        if (request.From.IsNone)
        {
            core.Out.ReadList.Add(new ReadState(request.Context, index));
            return;
        }

        core.Send(new PeerMessage
        {
            Kind = PeerMessageKind.ReadIndexResponse, From = core.Self, To = request.From, Index = index, Token = request.Token,
        });
    }

    private void HandOverIfCaughtUp(Progress peer)
    {
        if (peer.Member == Transferee && peer.Match == core.Log.LastIndex)
            core.Send(core.To(peer.Member, PeerMessageKind.TimeoutNow) with { Index = core.Log.LastIndex });
    }

    private void AbortTransfer()
    {
        if (Transferee.IsNone)
            return;
        core.Trace(TraceKind.LeadershipTransferAborted, Transferee.Value);
        Transferee = MemberId.None;
    }
}
