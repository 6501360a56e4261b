using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Raft;
using KvStore.Simulation.Checks;
using KvStore.Simulation.World;
using KvStore.Wal;

namespace KvStore.Simulation.Replica;

/// <summary>
/// One life of a member made of nothing but consensus, log and disk, on two lanes: the level between scripts for the core and
/// whole members. Small enough to run thousands of seeds, real enough to find what the core and the log get wrong together.
/// </summary>
internal sealed class RaftReplica : ILaneHandler<ReplicaMessage>, IPeerInbox
{
    private const string Directory = "/data";

    private readonly SimulatedProcess _process;
    private readonly ReplicaOptions _options;
    private readonly SafetyChecks _checks;
    private readonly ClientHistory _history;
    private readonly FrameTable _frames;
    private readonly IPeerNetwork _network;
    private readonly SnapshotFile _snapshots;
    private readonly RaftCore _raft;
    private readonly ILane<ReplicaMessage> _consensus;
    private readonly ILane<LogWork> _log;
    private readonly Dictionary<ulong, int> _reads = [];
    private readonly List<(LogIndex Index, ulong Context)> _ready = [];
    private RegisterState _state;
    private LogIndex _snapshotIndex;
    private LogIndex _commitSeen;
    private byte[]? _offered;

    public RaftReplica(SimulatedProcess process, IFileSystem files, ReplicaRun run, DurableLog durable)
    {
        _process = process;
        _options = run.Options;
        _checks = run.Checks;
        _history = run.History;
        _frames = run.Frames;
        _network = run.Network.LinkOf(process);
        if (!files.Exists(Directory))
        {
            files.CreateDirectory(Directory);
            files.SyncDirectory("/");
        }

        _snapshots = new SnapshotFile(files, Directory);
        _state = _snapshots.Load();
        _snapshotIndex = _state.Applied;
        var log = OpenLog(files, run, out var recovered);
        durable.Restart(recovered.Start.Index, recovered.Entries);
        _raft = new RaftCore(RaftOptions(), Restored(log, durable, recovered, run.Membership), process.World.Chance.Fork());
        _commitSeen = _raft.CommitIndex;
        var lanes = new SimulatedLanes(process);
        _consensus = lanes.Create("consensus", _options.InboxMax, _options.BatchMax, this, LaneRunner.AnyPoster);
        _log = lanes.Create("log", int.MaxValue, _options.BatchMax, new ReplicaLogLane(this, log, durable), LaneRunner.OwnThread);
        foreach (var member in run.Membership.Voters)
        {
            if (member != process.Member)
                _network.SetPeer(member, []);
        }

        run.Network.Connect(process, this);
        lanes.Start();
        TickLater();
    }

    public LogIndex Applied => _state.Applied;

    public bool IsLeader => _raft.Role == RaftRole.Leader;

    public MemberId Leader => _raft.Leader;

    public string? Quarantine => _raft.Quarantine;

    public bool TryPost(ReplicaMessage message) => _consensus.TryPost(message);

    /// <summary>The inbox has room for what the replica's own lanes say; only clients and peers are refused.</summary>
    public void MustPost(ReplicaMessage message)
    {
        if (!_consensus.TryPost(message))
            _process.After(TimeSpan.FromMilliseconds(1), () => MustPost(message));
    }

    public void Send(in PeerMessage message) =>
        _network.TrySend(message.To, message.IsControl ? PeerChannel.Control : PeerChannel.Log, _frames.Add(message));

    public bool TryReceive(MemberId from, PeerChannel channel, ReadOnlyMemory<byte> frame) => _frames.Get(frame.Span) switch
    {
        PeerMessage message => _consensus.TryPost(new ReplicaMessage.Peer(message)),
        ReplicaMessage.Snapshot snapshot => _consensus.TryPost(snapshot),
        _ => true,
    };

    public void OnUnreachable(MemberId member) => _consensus.TryPost(new ReplicaMessage.Unreachable(member));

    public void Handle(ReadOnlySpan<ReplicaMessage> batch)
    {
        foreach (var message in batch)
            Step(message);
        while (_raft.TryTakeReady(out var ready))
            Perform(ready);
        AnswerReads();
        SaveSnapshotIfDue();
    }

    private void Step(ReplicaMessage message)
    {
        switch (message)
        {
            case ReplicaMessage.Tick:
                _raft.Tick();
                break;
            case ReplicaMessage.Peer peer:
                _raft.Step(peer.Message);
                break;
            case ReplicaMessage.Unreachable peer:
                _raft.PeerUnreachable(peer.Member);
                break;
            case ReplicaMessage.Put put:
                // Not leader-only: forwarding is part of what is tested.
                if (_raft.Propose(RegisterState.Put(put.Request, put.Key, put.Value, put.Ballast)) is not (ProposeResult.Accepted or ProposeResult.Forwarded))
                    _history.OnRefused(put.Request);
                break;
            case ReplicaMessage.Get get:
                if (_raft.RequestRead(get.Request.Value))
                    _reads[get.Request.Value] = get.Key;
                else
                    _history.OnRefused(get.Request);
                break;
            case ReplicaMessage.Transfer transfer:
                if (_raft.TransferLeadership(transfer.To))
                    _process.World.Sometimes("a transfer of leadership began");
                break;
            case ReplicaMessage.Persisted persisted:
                _raft.Persisted(persisted.Mark);
                break;
            case ReplicaMessage.Snapshot snapshot:
                OnSnapshot(snapshot);
                break;
            case ReplicaMessage.SnapshotSent sent:
                _raft.SnapshotSendFinished(sent.To, sent.Index, sent.Delivered);
                break;
        }
    }

    private void Perform(Ready ready)
    {
        if (_raft.Role == RaftRole.Leader)
            _checks.OnLeader(_process.Member, _raft.Term);
        if (_raft.CommitIndex < _commitSeen)
            _process.World.Fail($"member {_process.Member}: the commit index goes back from {_commitSeen} to {_raft.CommitIndex}");
        _commitSeen = _raft.CommitIndex;
        if (ready.LeaderChanged)
            _process.World.Note($"member {_process.Member} term {_raft.Term} follows {_raft.Leader}");
        foreach (var message in ready.MessagesNow)
            Send(message);
        if (ready.HardState is not null || ready.EntriesToAppend.Count > 0 || ready.MessagesAfterPersist.Count > 0 || ready.NeedsPersist)
        {
            var posted = _log.TryPost(new LogWork.Append(
                ready.HardState, [.. ready.EntriesToAppend], [.. ready.MessagesAfterPersist], ready.NeedsPersist ? ready.PersistMark : null));
            Check.That(posted, "the log takes everything its own member gives it");
        }

        foreach (var entry in ready.EntriesToApply)
            Apply(entry);
        if (ready.EntriesToApply.Count > 0)
            _raft.Applied(_state.Applied);
        foreach (var read in ready.ReadStates)
            _ready.Add((read.Index, read.Context));
        foreach (var context in ready.ReadsRefused)
        {
            _reads.Remove(context);
            _process.World.Sometimes("a read was refused");
            _history.OnRefused(new RequestId(context));
        }

        foreach (var peer in ready.SnapshotsToSend)
            SendSnapshot(peer);
        if (ready.SnapshotToInstall is { } mark)
            InstallSnapshot(mark);
    }

    private void Apply(in LogEntry entry)
    {
        _checks.OnCommitted(_process.Member, entry);
        var request = _state.Apply(entry);
        _checks.OnApplied(_process.Member, _state.Applied, _state.Hash);
        if (request.IsNone)
            return;
        var key = entry.Data.Span[8];
        _history.OnWrite(entry.Index, key, _state.Get(key));
        _history.OnAnswer(request, entry.Index, _state.Get(key));
    }

    private void AnswerReads()
    {
        for (var i = _ready.Count - 1; i >= 0; i--)
        {
            var (index, context) = _ready[i];
            if (index > _state.Applied)
                continue;
            _ready.RemoveAt(i);
            if (_reads.Remove(context, out var key))
                _history.OnAnswer(new RequestId(context), _state.Applied, _state.Get(key));
        }
    }

    private void SaveSnapshotIfDue()
    {
        if (_state.Applied.Value < _snapshotIndex.Value + _options.SnapshotEvery)
            return;
        _snapshots.Save(_state.Save());
        _snapshotIndex = _state.Applied;
        // The mark may run behind entries that are still on their way to the log: it goes the same way.
        _log.TryPost(new LogWork.Start(_state.Mark(_raft.Membership), RemovePrefix: true));
        if (_snapshotIndex.Value > _options.KeptEntries)
            _raft.CompactLog(new LogIndex(_snapshotIndex.Value - _options.KeptEntries));
    }

    private void SendSnapshot(MemberId peer)
    {
        var mark = _state.Mark(_raft.Membership);
        _network.TrySend(peer, PeerChannel.Snapshot, _frames.Add(new ReplicaMessage.Snapshot(_process.Member, _raft.Term, mark, _state.Save())));
        // Whether it arrives is not known; the probe that follows tells.
        _process.After(TimeSpan.FromMilliseconds(200), () => MustPost(new ReplicaMessage.SnapshotSent(peer, mark.Index, Delivered: true)));
    }

    private void OnSnapshot(ReplicaMessage.Snapshot snapshot)
    {
        if (_raft.OfferSnapshot(snapshot.Mark, snapshot.From, snapshot.Term))
            _offered = snapshot.State;
    }

    private void InstallSnapshot(SnapshotMark mark)
    {
        var state = RegisterState.Load(_offered) ?? throw new InvalidOperationException("a snapshot arrives complete");
        _offered = null;
        _snapshots.Save(state.Save());
        _state = state;
        _snapshotIndex = mark.Index;
        _checks.OnApplied(_process.Member, _state.Applied, _state.Hash);
        _log.TryPost(new LogWork.Start(mark, RemovePrefix: true));
        _raft.SnapshotInstalled(mark);
        _process.World.Sometimes("a snapshot was installed");
        _process.World.Note($"member {_process.Member} installed a snapshot at {mark.Index}");
    }

    private WriteAheadLog OpenLog(IFileSystem files, ReplicaRun run, out WalRecovery recovered)
    {
        var options = new WalOptions
        {
            Identity = new WalIdentity(ReplicaRun.Cluster, _process.Member), SegmentBytes = _options.SegmentBytes, BufferBytesMax = 64 << 10,
        };
        return WriteAheadLog.Open(files, Directory + "/wal", options, new WorldTrace(_process.World, _process.Member), out recovered);
    }

    // When the state is ahead of the log (a crash between installing a snapshot and marking it in the log), the state wins.
    private RaftState Restored(WriteAheadLog log, DurableLog durable, WalRecovery recovered, Membership membership)
    {
        var mark = _state.Mark(membership);
        if (recovered.Start.Index > mark.Index)
            throw new StorageException(StorageFailure.Corrupt, $"the log starts after {recovered.Start.Index}, the state is of {mark.Index}");
        if (!Knows(recovered, mark))
        {
            if (mark.Index.Value > 1)
                _process.World.Sometimes("the state was ahead of the log");
            var hardState = recovered.HardState.Term >= mark.Term
                ? recovered.HardState
                : new HardState(mark.Term, MemberId.None, LogIndex.Zero);
            log.MarkSnapshot(mark.Index, mark.Term, default);
            log.Append(hardState with { Commit = mark.Index }, []);
            log.Sync();
            durable.Restart(mark.Index, []);
            return new RaftState
            {
                HardState = hardState with { Commit = mark.Index }, Start = mark, Entries = [], Applied = mark.Index, Membership = membership,
            };
        }

        return new RaftState
        {
            HardState = recovered.HardState,
            Start = new SnapshotMark(recovered.Start.Index, recovered.Start.Term, membership),
            Entries = recovered.Entries,
            Applied = mark.Index,
            Membership = membership,
        };
    }

    private static bool Knows(WalRecovery recovered, SnapshotMark mark)
    {
        if (mark.Index == recovered.Start.Index)
            return true;
        foreach (var entry in recovered.Entries)
        {
            if (entry.Index == mark.Index)
                return entry.Term == mark.Term;
        }

        return false;
    }

    private RaftOptions RaftOptions() => new()
    {
        Self = _process.Member,
        InflightMessagesMax = _options.InflightMax,
        AppendBytesMax = _options.AppendBytesMax,
        ApplyBatchBytesMax = _options.AppendBytesMax * 4,
    };

    private void TickLater() => _process.After(_options.TickInterval, () =>
    {
        _consensus.TryPost(new ReplicaMessage.Tick());
        TickLater();
    });
}
