using KvStore.Node.Messages;
using KvStore.Node.Peers;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Raft;
using KvStore.StateMachine;

namespace KvStore.Node.Consensus;

/// <summary>
/// The Consensus lane: the only one that touches raft. It takes calls, frames and events, a batch at a time, and passes on what
/// raft wants done: entries to the Log lane, committed ones to the Apply lane, messages to peers, read indexes to those who wait.
/// </summary>
/// <remarks>
/// Invariants.
/// N-2 A message that promises durability leaves only through the Log lane, after the sync (D4). Messages of MessagesNow promise none.
/// N-3 Entries go to the Log lane and to the Apply lane in the order of the Readies.
/// N-4 A call gets one answer: a refusal here, or the reply of the applied entry, or none when nobody can know (R16).
/// </remarks>
internal sealed class ConsensusLane : ILaneHandler<ConsensusMessage>, IReadOutcome, IProposalOutcome
{
    private readonly NodeOptions _options;
    private readonly RaftCore _raft;
    private readonly MemberId _self;
    private readonly IReplies<Reply> _replies;
    private readonly ITraceSink _trace;
    private readonly PeerPost _post;
    private readonly ConsensusOutboxes _to;
    private readonly Admission _admission;
    private readonly ReadWaiters _reads;
    private readonly MembershipChanges _changes;
    private readonly Handover _handover;
    private readonly LogRetention _retention;
    private readonly PeerBook _peers;
    private readonly SelfIntroduction _introduction;
    private readonly StatusBoard _board;
    private readonly HashSet<MemberId> _unreachable = [];
    private HardState? _unwrittenState;
    private (SnapshotMark Mark, string Path)? _offered;
    private (Term Term, bool Leads) _leadership;
    private Instant _now;

    public ConsensusLane(NodeDoors doors, NodeOptions options, RaftCore raft, PeerPost post, PeerBook peers, ConsensusOutboxes outboxes, StatusBoard board, Prng prng)
    {
        _options = options;
        _raft = raft;
        _self = board.Self;
        _replies = doors.Replies;
        _trace = doors.Trace;
        _post = post;
        _to = outboxes;
        _peers = peers;
        _board = board;
        _admission = new Admission(options, raft, this);
        _reads = new ReadWaiters(options, prng, this);
        _changes = new MembershipChanges(options, raft, _self, this);
        _handover = new Handover(options, raft, _self);
        _retention = new LogRetention(options, raft);
        _introduction = new SelfIntroduction(options, _self);
    }

    /// <summary>Once, before the lanes start: a member that is alone need not wait for an election timeout.</summary>
    public void Begin()
    {
        // What it restored may already say so; then no entry will come that tells it.
        CloseIfRemoved();
        CampaignIfAlone();
        Publish();
    }

    /// <summary>Nothing here takes long.</summary>
    public bool PostsLast => true;

    public void Handle(ReadOnlySpan<ConsensusMessage> batch)
    {
        foreach (ref readonly var message in batch)
            Handle(message);
        _reads.TryAsk(_raft, _now);
        do
        {
            while (_raft.TryTakeReady(out var ready))
                CarryOut(ready);
        }
        while (_reads.TryAsk(_raft, _now)); // answered: those who waited for it come next
        ReportUnreachable();
        CompleteHandover();
        _to.Flush();
        Publish();
    }

    private void Handle(in ConsensusMessage message)
    {
        switch (message.Kind)
        {
            case ConsensusMessageKind.Propose:
                _admission.Propose(message.Request, message.Bytes, _now);
                break;
            case ConsensusMessageKind.Read:
                Wait(new ReadWaiter(message.Request, Lease: null, _now));
                break;
            case ConsensusMessageKind.LeaseCall:
                OnLeaseCall((LeaseCall)message.Event!);
                break;
            case ConsensusMessageKind.Peer:
                OnPeer(((PeerArrival)message.Event!).Message);
                break;
            case ConsensusMessageKind.Persisted:
                _raft.Persisted(new PersistMark(message.Number));
                break;
            case ConsensusMessageKind.Applied:
                OnApplied(new LogIndex(message.Number));
                break;
            case ConsensusMessageKind.Tick:
                Tick(new Instant((long)message.Number));
                break;
            case ConsensusMessageKind.ProposeAsLeader:
                ProposeAsLeader(new Term(message.Number), message.Bytes);
                break;
            case ConsensusMessageKind.PeerUnreachable:
                _unreachable.Add(new MemberId(message.Number));
                break;
            default:
                Handle((ConsensusEvent)message.Event!);
                break;
        }
    }

    private void Handle(ConsensusEvent rare)
    {
        switch (rare)
        {
            case ConsensusEvent.MembershipApplied applied:
                OnMembershipApplied(applied);
                break;
            case ConsensusEvent.DirectoryChanged changed:
                Learn(changed.Directory);
                break;
            case ConsensusEvent.ChangeMembership change:
                OnChangeMembership(change);
                break;
            case ConsensusEvent.TransferLeadership transfer:
                OnTransferLeadership(transfer);
                break;
            case ConsensusEvent.Stop stop:
                OnStop(stop.Request);
                break;
            case ConsensusEvent.SnapshotArrived arrived:
                OnSnapshotArrived(arrived);
                break;
            case ConsensusEvent.SnapshotInstalled installed:
                OnSnapshotInstalled(installed);
                break;
            case ConsensusEvent.SnapshotSendFinished finished:
                _retention.Unpin(finished.To);
                _raft.SnapshotSendFinished(finished.To, finished.Index, finished.Delivered);
                break;
            case ConsensusEvent.StoreFlushed flushed:
                OnStoreFlushed(flushed.Index);
                break;
            case ConsensusEvent.ToldRemoved told:
                OnToldRemoved(told.By);
                break;
            default:
                Check.Broken("every event of the Consensus lane has a handler");
                break;
        }
    }

    // Calls

    private void Wait(in ReadWaiter waiter)
    {
        if (_admission.Closed is { } closed)
            Failed(waiter, closed);
        else if (!_reads.TryAdd(waiter))
            Failed(waiter, EtcdErrors.TooManyRequests);
    }

    private void OnLeaseCall(LeaseCall call)
    {
        var waiter = new ReadWaiter(call.Request, call, _now);
        if (_raft.Role == RaftRole.Leader)
            Wait(waiter);
        else
            Failed(waiter, _raft.Leader.IsNone ? EtcdErrors.NoLeader : EtcdErrors.NotLeader);
    }

    private void OnChangeMembership(ConsensusEvent.ChangeMembership change)
    {
        if (_admission.Closed is { } closed)
            Refused(change.Request, closed);
        else
            _changes.Add(change.Request, change.Change, _peers.Directory, _now);
    }

    private void OnTransferLeadership(ConsensusEvent.TransferLeadership transfer)
    {
        if (_raft.Role != RaftRole.Leader)
            Refused(transfer.Request, EtcdErrors.NotLeader);
        else if (_peers.Directory.Find(transfer.Target) is not { IsLearner: false })
            Refused(transfer.Request, EtcdErrors.BadLeaderTransferee);
        else if (_handover.IsUnderWay)
            Refused(transfer.Request, EtcdErrors.TooManyRequests);
        else if (!_handover.TryBegin(transfer.Request, transfer.Target, _now))
            Refused(transfer.Request, EtcdErrors.BadLeaderTransferee);
    }

    private void OnStop(RequestId request)
    {
        _admission.Close(EtcdErrors.Stopped);
        _changes.FailAll(EtcdErrors.Stopped);
        _reads.FailAll(EtcdErrors.Stopped);
        if (_handover.Abandon() is { IsNone: false } transfer)
            Refused(transfer, EtcdErrors.Stopped);
        if (!_handover.TryBeginStop(request, _now))
            EndStop(request);
    }

    private void EndStop(RequestId request)
    {
        _admission.FailHeld(EtcdErrors.Stopped);
        _replies.Complete(request, Replies.Done(request));
    }

    private void CompleteHandover()
    {
        if (_handover.Outcome(_now) is not { } outcome)
            return;
        if (_handover.IsForStop)
            EndStop(outcome.Request);
        else if (outcome.Done)
            _replies.Complete(outcome.Request, Replies.Done(outcome.Request));
        else
            Refused(outcome.Request, EtcdErrors.LeaderTransferTimeout);
    }

    /// <summary>R15: what the member proposes as leader is dropped once it does not lead in that very term.</summary>
    private void ProposeAsLeader(Term term, ReadOnlyMemory<byte> command)
    {
        if (_raft.Role == RaftRole.Leader && _raft.Term == term)
            _raft.Propose(command, leaderOnly: true);
    }

    // Peers and time

    private void OnPeer(in PeerMessage message)
    {
        // a leader that was removed leads on until it hears that the others know. It must be answered.
        if (_peers.Directory.WasRemoved(message.From) && message.From != _raft.Leader)
        {
            // C1: it does not know yet. Its messages change nothing here any more.
            _peers.TellRemoved(message.From, _post, _now);
            return;
        }

        if (message.Kind == PeerMessageKind.Propose)
            ProposeForPeer(message);
        else
            _raft.Step(message);
    }

    /// <summary>Raft would drop what it cannot take now: commands while nobody can propose, and a second change of the membership.</summary>
    private void ProposeForPeer(in PeerMessage message)
    {
        var mustWait = _raft.Leader.IsNone || (_raft.Role == RaftRole.Leader && _raft.IsTransferring);
        var changes = 0;
        foreach (ref readonly var entry in message.Entries.Span)
            changes += entry.Kind == LogEntryKind.Membership ? 1 : 0;
        if (!mustWait && changes == 0)
        {
            _raft.Step(message);
            return;
        }

        foreach (ref readonly var entry in message.Entries.Span)
        {
            if (entry.Kind == LogEntryKind.Membership && !entry.Data.IsEmpty)
                _changes.AddForPeer(entry.Data, _peers.Directory, _now);
            else if (entry.Kind == LogEntryKind.Command && mustWait)
                _admission.ProposeForPeer(entry.Data, _now);
            else if (entry.Kind == LogEntryKind.Command)
                _raft.Propose(entry.Data);
        }
    }

    private void Tick(Instant now)
    {
        if (_now != default && _raft.Role == RaftRole.Leader && now - _now > 2 * _options.TickInterval)
            _board.HeartbeatsLate++;
        _now = now;
        _raft.Tick();
        CampaignIfAlone();
        _admission.Expire(now);
        _reads.Expire(now);
        _changes.Tick(_peers.Directory, now);
        _peers.Tick(now);
        if (_introduction.Next(_peers.Directory, _raft, now) is { } command)
            _raft.Propose(command);
        _board.OnTick(_raft);
        ReleaseHeld();
    }

    private void ReleaseHeld()
    {
        if (_admission.Held > 0 && !_raft.Leader.IsNone && !_raft.IsTransferring)
            _admission.Release();
    }

    private void ReportUnreachable()
    {
        foreach (var peer in _unreachable)
            _raft.PeerUnreachable(peer);
        _unreachable.Clear();
    }

    // Events of other lanes

    private void OnApplied(LogIndex index)
    {
        _raft.Applied(index);
        _reads.OnApplied(index);
        _retention.OnApplied();
    }

    private void OnMembershipApplied(ConsensusEvent.MembershipApplied applied)
    {
        if (applied.Change is not null)
            _raft.ApplyMembership(applied.Change);
        // N-8, C3: what a restart would read from the table is what raft counts with, in the middle of a joint change too.
        Check.That(_raft.Membership == applied.Membership, "raft and the table of members agree about who votes");
        Learn(applied.Directory);
        CloseIfRemoved();
        CampaignIfAlone();
        _changes.Propose(_peers.Directory, _now);
    }

    /// <summary>Published at once and not after the batch: a read that the batch answers may be one of the members.</summary>
    private void Learn(MemberDirectory directory)
    {
        _peers.Update(directory);
        NoteWhetherLeaderGoes();
        Publish();
    }

    private void NoteWhetherLeaderGoes() => _admission.IsLeaderGoing = _raft.Leader != _self && _peers.Directory.WasRemoved(_raft.Leader);

    private void Publish() => _board.Publish(_raft, _peers.Directory, _admission, _introduction.IsDone);

    private void CampaignIfAlone()
    {
        if (_raft.Leader.IsNone && _raft.Membership.Voters is [var only] && only == _self)
            _raft.Campaign();
    }

    private void CloseIfRemoved()
    {
        if (!_peers.Directory.WasRemoved(_self) || _board.IsRemoved)
            return;
        _board.IsRemoved = true;
        _admission.Close(EtcdErrors.Stopped);
    }

    private void OnToldRemoved(MemberId by)
    {
        // Only a member that this one knows can know it; a stranger cannot send us away.
        if (_peers.Directory.Find(by) is null)
            return;
        _board.IsRemoved = true;
        _admission.Close(EtcdErrors.Stopped);
    }

    private void OnStoreFlushed(LogIndex index)
    {
        if (_retention.OnFlushed(index) is { } cut)
            _to.Log.Post(new LogMessage.CutPrefix(cut.Index, cut.Term));
    }

    private void OnSnapshotArrived(ConsensusEvent.SnapshotArrived arrived)
    {
        if (_offered is null && _raft.OfferSnapshot(arrived.Mark, arrived.From, arrived.Term))
            _offered = (arrived.Mark, arrived.Path);
        else
            _to.Background.Post(new BackgroundMessage.DropSnapshot(arrived.Path));
    }

    private void OnSnapshotInstalled(ConsensusEvent.SnapshotInstalled installed)
    {
        // The log first: every entry after the snapshot finds it there.
        _to.Log.Post(new LogMessage.MarkSnapshot(installed.Mark.Index, installed.Mark.Term));
        _retention.OnSnapshotInstalled();
        _raft.SnapshotInstalled(installed.Mark);
        _offered = null;
        Learn(installed.Directory);
        CloseIfRemoved();
        OnApplied(installed.Mark.Index);
    }

    // What raft wants done

    private void CarryOut(Ready ready)
    {
        foreach (var traced in ready.TraceEvents)
            _trace.Emit(traced);
        if (ready.LeaderChanged)
            OnLeaderChanged();
        foreach (var message in ready.MessagesNow)
            Send(message);
        ToLog(ready);
        if (ready.SnapshotToInstall is { } snapshot)
            Install(snapshot);
        if (ready.EntriesToApply.Count > 0)
            _to.Apply.Post(new ApplyMessage.Entries([.. ready.EntriesToApply]));
        foreach (var state in ready.ReadStates)
            _reads.OnReadState(state, _raft.AppliedIndex);
        foreach (var context in ready.ReadsRefused)
            _reads.OnRefused(context);
        foreach (var peer in ready.SnapshotsToSend)
        {
            _retention.Pin(peer);
            _to.Background.Post(new BackgroundMessage.SendSnapshot(peer, _raft.Term));
        }
    }

    private void Send(in PeerMessage message)
    {
        // Raft must learn of a lost append, or it goes on sending ahead of it.
        if (!_post.Send(message) && message.Kind == PeerMessageKind.Append)
            _unreachable.Add(message.To);
    }

    private void ToLog(Ready ready)
    {
        if (!ready.NeedsPersist)
        {
            // A new commit index alone is worth no write: it goes with the next one, and a restart finds it again (R11).
            _unwrittenState = ready.HardState ?? _unwrittenState;
            foreach (var message in ready.MessagesAfterPersist)
                Send(message);
            return;
        }

        var state = ready.HardState ?? _unwrittenState;
        _unwrittenState = null;
        _to.Log.Post(new LogMessage.Append(state, [.. ready.EntriesToAppend], [.. ready.MessagesAfterPersist], ready.PersistMark));
    }

    private void Install(in SnapshotMark mark)
    {
        Check.That(_offered is { } offered && offered.Mark.Index == mark.Index, "raft installs the snapshot that was offered");
        _to.Background.Post(new BackgroundMessage.AdoptSnapshot(mark, _offered.Value.Path));
    }

    private void OnLeaderChanged()
    {
        _board.OnLeaderChanged(_raft.Leader, _now);
        NoteWhetherLeaderGoes();
        _reads.AskSoon();
        var leadership = (_raft.Term, _raft.Role == RaftRole.Leader);
        if (leadership != _leadership)
            _to.Apply.Post(new ApplyMessage.Leadership(_raft.Term, leadership.Item2));
        _leadership = leadership;
        ReleaseHeld();
    }

    // Answers

    public void Confirmed(in ReadWaiter waiter)
    {
        _board.ReadsConfirmed++;
        if (waiter.Lease is null)
            _replies.Complete(waiter.Request, Replies.Done(waiter.Request));
        else if (_raft.Role == RaftRole.Leader)
            _to.Apply.Post(new ApplyMessage.Lease(waiter.Lease, _raft.Term));
        else
            Refused(waiter.Request, EtcdErrors.NotLeader);
    }

    public void Failed(in ReadWaiter waiter, EtcdError error)
    {
        _board.ReadsFailed++;
        if (error == EtcdErrors.Timeout)
            _board.ReadsTimedOut++;
        Refused(waiter.Request, error);
    }

    public void Refused(RequestId request, EtcdError error) => _replies.Complete(request, Replies.Refused(request, error));
}
