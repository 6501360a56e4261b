using KvStore.Mvcc;
using KvStore.Node.Messages;
using KvStore.Node.Stores;
using KvStore.Node.Watch;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Node.Apply;

/// <summary>
/// The Apply lane: the only one that changes the state machine and writes the store. Entries that wait become one batch, which
/// is one store write with the consistent index in it (M1), then one published view, then the events, then the answers.
/// </summary>
/// <remarks>
/// N-5 A reply leaves after its batch is published: who has the answer can read it. N-6 The Consensus lane hears of a membership
/// before it hears that its entry is applied, so that raft never counts with an older one.
/// </remarks>
internal sealed class ApplyLane : ILaneHandler<ApplyMessage>
{
    private readonly NodeOptions _options;
    private readonly IReplies<Reply> _replies;
    private readonly ITraceSink _trace;
    private readonly StoreBoard _board;
    private readonly ApplyOutboxes _to;
    private readonly LeaseDuties _leases;
    private readonly Func<OpenStore, Applier> _makeApplier;
    private readonly List<Reply> _answers = [];
    private readonly List<ConsensusEvent> _membershipEvents = [];
    private readonly List<Reply> _awaitingSweep = [];
    private Applier _applier;
    private ILane<ApplyMessage>? _self;
    private AppliedState _last;
    private ClusterState _cluster;
    private int _pendingEntries;
    private long _bytesSinceTick;
    private bool _sweepIsPosted;
    private bool _sweepWaits;
    private bool _endsBatch;
    private Instant _now;

    public ApplyLane(NodeDoors doors, NodeOptions options, StoreBoard board, Applier applier, Func<OpenStore, Applier> makeApplier, ApplyOutboxes outboxes)
    {
        _options = options;
        _replies = doors.Replies;
        _trace = doors.Trace;
        _board = board;
        _applier = applier;
        _makeApplier = makeApplier;
        _to = outboxes;
        _last = applier.State;
        _cluster = applier.Cluster;
        _leases = new LeaseDuties(options, doors.Replies, outboxes.Consensus);
        _leases.Reset(applier);
        board.Publish(applier);
    }

    /// <summary>Once, before the lanes start.</summary>
    public void Attach(ILane<ApplyMessage> self) => _self = self;

    public bool PostsLast => _endsBatch;

    public void Handle(ReadOnlySpan<ApplyMessage> batch)
    {
        _endsBatch = false;
        foreach (var message in batch)
            Handle(message);
        // What is posted from here on comes after the batch's last write.
        _endsBatch = true;
        Commit();
        ContinueSweep();
        _to.Flush();
    }

    private void Handle(ApplyMessage message)
    {
        switch (message)
        {
            case ApplyMessage.Entries entries:
                Apply(entries.Committed);
                break;
            case ApplyMessage.Tick tick:
                Tick(tick.Now);
                break;
            case ApplyMessage.Leadership leadership:
                _leases.OnLeadership(leadership.Term, leadership.Leads, _last.Term, _now);
                break;
            case ApplyMessage.Lease lease:
                _leases.OnCall(lease.Call, lease.Term, _now);
                break;
            case ApplyMessage.ListLeases list:
                _leases.List(list.Request, list.Caller);
                break;
            case ApplyMessage.Sweep:
                _sweepIsPosted = false;
                Sweep();
                break;
            case ApplyMessage.InstallSnapshot snapshot:
                Install(snapshot);
                break;
            default:
                Check.Broken("every message to the Apply lane has a handler");
                break;
        }
    }

    private void Apply(LogEntry[] entries)
    {
        _trace.Emit(new TraceEvent(TraceKind.ApplyStarted));
        foreach (ref readonly var entry in entries.AsSpan())
        {
            // What a snapshot brought already is not applied again; neither is what was applied before a restart (R11).
            if (entry.Index <= _last.Index)
                continue;
            Check.That(entry.Index == _last.Index.Next, "entries are applied in order, none left out");
            ApplyOne(entry);
            if (_applier.BatchBytes < _options.ApplyBatchBytesMax)
                continue;
            Commit();
            _trace.Emit(new TraceEvent(TraceKind.ApplyStarted));
        }

        _leases.OnApplied(_last.Term, _now);
        _leases.RetryWaiting(_now);
    }

    private void ApplyOne(in LogEntry entry)
    {
        var reply = _applier.Apply(entry, _leases.StartOfTime(_now));
        _trace.Emit(new TraceEvent(TraceKind.EntryApplied, (ulong)_applier.LastCommand, reply.Error is null ? 1UL : 0));
        _last = new AppliedState(entry.Index, entry.Term);
        _pendingEntries++;
        _bytesSinceTick += entry.CostBytes;
        if (!reply.Request.IsNone)
            _answers.Add(reply);
        if (entry.Kind == LogEntryKind.Membership)
        {
            var change = reply.Error is null ? MembershipCommands.ToRaft(entry.Data.Span) : null;
            _membershipEvents.Add(new ConsensusEvent.MembershipApplied(
                change, Directories.MembershipOf(_applier.Cluster.Members), Directories.Of(_applier.Cluster)));
        }
        else if (!ReferenceEquals(_applier.Cluster, _cluster))
        {
            _membershipEvents.Add(new ConsensusEvent.DirectoryChanged(Directories.Of(_applier.Cluster)));
        }

        _cluster = _applier.Cluster;
    }

    private void Commit()
    {
        if (_pendingEntries == 0)
            return;
        _board.Announce(_applier);
        var committed = _applier.Commit();
        _board.Publish(_applier);
        // A full Watch lane sees the gap and reads history; before the answers, so that a watch created after one of them misses nothing.
        if (committed.After != committed.Before)
            _to.Watch.TryPost(WatchMessage.Committed(committed));
        foreach (ref readonly var answer in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_answers))
            Answer(answer);
        _answers.Clear();
        foreach (var changed in _membershipEvents)
            _to.Consensus.Post(ConsensusMessage.Of(changed));
        _membershipEvents.Clear();
        _to.Consensus.Post(ConsensusMessage.Applied(_last.Index));
        _trace.Emit(new TraceEvent(TraceKind.Applied, (ulong)_pendingEntries, C: _last.Index.Value));
        _pendingEntries = 0;
    }

    private void Answer(in Reply reply)
    {
        if (reply.AnswerAfterSweepOf > Revision.Zero && reply.Error is null)
            _awaitingSweep.Add(reply);
        else
            _replies.Complete(reply.Request, reply);
    }

    private void Tick(Instant now)
    {
        _now = now;
        _sweepWaits = false;
        _leases.Tick(now);
        _leases.RetryWaiting(now);
        // Once a tick and not once a batch: it is the index the next flush will cover.
        Commit();
        _to.Background.Post(new BackgroundMessage.Applied(_last.Index, _bytesSinceTick));
        _bytesSinceTick = 0;
    }

    // Compaction

    private void ContinueSweep()
    {
        var sweep = _board.Current.Mvcc.Sweep;
        if (!_sweepIsPosted && !_sweepWaits && sweep.Finished < sweep.Scheduled)
            _sweepIsPosted = _self!.TryPost(ApplyMessage.Sweep.Next);
    }

    private void Sweep()
    {
        // Its write is one of its own and must not split a batch of entries.
        Commit();
        var sweep = _board.Current.Mvcc.Sweep;
        // An old view is open: nothing to do before the next tick.
        _sweepWaits = sweep.Next(_options.SweepVersionsMax) == SweepProgress.WaitingForViews;
        _board.Publish(_applier);
        for (var i = _awaitingSweep.Count - 1; i >= 0; i--)
        {
            if (_awaitingSweep[i].AnswerAfterSweepOf > sweep.Finished)
                continue;
            _replies.Complete(_awaitingSweep[i].Request, _awaitingSweep[i]);
            _awaitingSweep.RemoveAt(i);
        }
    }

    // Snapshot

    private void Install(ApplyMessage.InstallSnapshot snapshot)
    {
        Commit();
        var before = _board.Current;
        var now = new OpenStore(snapshot.Path, snapshot.Store, MvccStore.Open(snapshot.Store, _options.Mvcc, _trace));
        _applier = _makeApplier(now);
        _last = _applier.State;
        Check.That(_last.Index == snapshot.Mark.Index, "a snapshot's store is at the entry that was announced");
        _cluster = _applier.Cluster;
        _leases.Reset(_applier);
        foreach (var waiting in _awaitingSweep)
            _replies.Complete(waiting.Request, waiting);
        _awaitingSweep.Clear();
        _board.Announce(_applier);
        _board.Current = now;
        _board.Publish(_applier);
        _to.Watch.Post(WatchMessage.StoreReplaced(new MvccWatchHistory(now.Mvcc)));
        _to.Background.Post(new BackgroundMessage.StoreReplaced(now, before));
        _to.Consensus.Post(ConsensusMessage.Of(new ConsensusEvent.SnapshotInstalled(snapshot.Mark, Directories.Of(_applier.Cluster))));
        _trace.Emit(new TraceEvent(TraceKind.SnapshotInstalled, snapshot.Mark.Index.Value));
    }
}
