using KvStore.Mvcc;
using KvStore.Node.Apply;
using KvStore.Node.Background;
using KvStore.Node.Bootstrap;
using KvStore.Node.Consensus;
using KvStore.Node.Log;
using KvStore.Node.Messages;
using KvStore.Node.Peers;
using KvStore.Node.Stores;
using KvStore.Node.Watch;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Raft;
using KvStore.StateMachine;
using KvStore.Wal;

namespace KvStore.Node;

/// <summary>
/// One member: its five lanes and what joins them. Every function may be called from any thread and returns at once; what comes
/// of a call is told to <see cref="NodeDoors.Replies"/> under the request's id.
/// </summary>
/// <remarks>
/// A request id is unique among all that any member of the cluster uses, in every life of it: it travels in the log, and every
/// member that applies the entry offers the reply. The API takes the first bits from the member and the rest from a random start.
/// </remarks>
public sealed class KvNode : IPeerInbox, IDisposable
{
    private readonly ILane<ConsensusMessage> _consensus;
    private readonly ILane<LogMessage> _logLane;
    private readonly ILane<ApplyMessage> _apply;
    private readonly ILane<WatchMessage> _watch;
    private readonly ILane<BackgroundMessage> _background;
    private readonly WatchLane _watchLane;
    private readonly BackgroundLane _backgroundLane;
    private readonly StatusBoard _status;
    private readonly StoreBoard _stores;
    private readonly PeerCodec _codec;
    private readonly ITraceSink _trace;
    private readonly WriteAheadLog _log;
    private volatile bool _isClosed;

    private KvNode(NodeDoors doors, NodeOptions options, BootstrapPlan plan)
    {
        var prng = new Prng(doors.Seed);
        Applier MakeApplier(OpenStore store) => new(store.Mvcc, store.Store, options.Applier, doors.Trace);
        var restored = MemberRestore.Open(doors, options, plan, MakeApplier);
        var self = restored.Identity.Member;
        _log = restored.Log;
        _trace = doors.Trace;
        _stores = new StoreBoard(restored.Store);
        _status = new StatusBoard(restored.Identity.Cluster, self);
        _codec = new PeerCodec(restored.Identity.Cluster, self);
        var post = new PeerPost(_codec, doors.Network);
        var raft = new RaftCore(RaftOptionsFor(options, self), restored.Raft, prng.Fork());

        var consensusTo = new ConsensusOutboxes();
        var applyTo = new ApplyOutboxes();
        var backgroundTo = new BackgroundOutboxes();
        var logTo = new Outbox<ConsensusMessage>();
        // A member with data ignores the plan (contract 5.4): one restored from a snapshot may be of another cluster than its flags say.
        var isPlanned = (plan.Cluster, plan.Self) == (restored.Identity.Cluster, self);
        var peers = new PeerBook(doors.Network, self, isPlanned ? plan.Members : []);
        peers.Begin(Directories.Of(restored.Applier.Cluster));
        var consensusLane = new ConsensusLane(doors, options, raft, post, peers, consensusTo, _status, prng.Fork());
        var applyLane = new ApplyLane(doors, options, _stores, restored.Applier, MakeApplier, applyTo);
        _watchLane = new WatchLane(new MvccWatchHistory(restored.Store.Mvcc), options.WatchWith(prng.Fork()), doors.Trace);
        _backgroundLane = new BackgroundLane(
            options,
            doors.Trace,
            restored.Catalog,
            restored.Store,
            backgroundTo,
            new SnapshotSends(options, restored.Catalog, post, backgroundTo.Consensus, doors.Trace, prng.NextUInt64() >> 1),
            new SnapshotReceipts(options, restored.Catalog, post, backgroundTo.Consensus, doors.Trace),
            new KeyValueHashes(doors.Replies),
            new StoreCopies(options, restored.Catalog, doors.Replies));

        _consensus = doors.Lanes.Create("consensus", options.ConsensusInboxMax, options.ConsensusBatchMax, consensusLane, LaneRunner.AnyPoster);
        _logLane = doors.Lanes.Create("log", options.LogInboxMax, options.LogInboxMax, new LogLane(_log, post, logTo), LaneRunner.LoneCallers);
        _apply = doors.Lanes.Create("apply", options.ApplyInboxMax, options.ApplyBatchMax, applyLane, LaneRunner.Callers);
        _watch = doors.Lanes.Create("watch", options.WatchInboxMax, options.WatchBatchMax, _watchLane, LaneRunner.Callers);
        _background = doors.Lanes.Create("background", options.BackgroundInboxMax, options.BackgroundInboxMax, _backgroundLane, LaneRunner.OwnThread);

        consensusTo.Log.Attach(_logLane);
        consensusTo.Apply.Attach(_apply);
        consensusTo.Background.Attach(_background);
        logTo.Attach(_consensus);
        applyTo.Consensus.Attach(_consensus);
        applyTo.Background.Attach(_background);
        applyTo.Watch.Attach(_watch);
        backgroundTo.Consensus.Attach(_consensus);
        backgroundTo.Apply.Attach(_apply);
        applyLane.Attach(_apply);
        _watchLane.Attach(_watch);
        _backgroundLane.Attach(_background);
        consensusLane.Begin();
    }

    /// <summary>The member as its Consensus lane last saw it.</summary>
    public NodeStatus Status => _status.Status;

    public WatchStatistics WatchStatistics => _watchLane.Statistics;

    /// <summary>Alarms and sizes as of the last commit.</summary>
    public AppliedFacts Applied => _stores.Facts;

    /// <summary>Users and roles as of the last commit: no view opened from now on is older.</summary>
    public AuthTable Auth => _stores.Auth;

    /// <summary>Whether every view opened so far shows a state that <paramref name="judged"/> judges rightly (<see cref="StoreBoard"/>).</summary>
    public bool IsInForce(AuthTable judged) => _stores.IsInForce(judged);

    /// <summary>Of the store's files; an estimate.</summary>
    public StoreSizes StoreSizes => _stores.Current.Store.Sizes;

    /// <summary>
    /// Restores or begins a member and starts its lanes. Refuses, by <see cref="StorageException"/>, data that is damaged or in use.
    /// </summary>
    public static KvNode Start(NodeDoors doors, NodeOptions options, BootstrapPlan plan)
    {
        options.Validate();
        var node = new KvNode(doors, options, plan);
        doors.Lanes.Start();
        return node;
    }

    /// <summary>Time has passed: once each <see cref="NodeOptions.TickInterval"/>, by the monotonic clock of the process.</summary>
    public void Tick(Instant now)
    {
        // A tick that finds a lane full is lost; the next one says how late it is.
        _consensus.TryPost(ConsensusMessage.Tick(now), Poster.Shared);
        _logLane.TryPost(LogMessage.Tick.Next, Poster.Shared);
        var tick = new ApplyMessage.Tick(now);
        _apply.TryPost(tick, Poster.Shared);
        _watch.TryPost(WatchMessage.Tick(now), Poster.Shared);
        _background.TryPost(new BackgroundMessage.Tick(now), Poster.Shared);
    }

    // For the API. False: the member is overloaded ("too many requests"), and nothing comes of the call.

    /// <summary>Proposes an encoded command. It may be applied even when its caller has given up (R16).</summary>
    public bool TryPropose(RequestId request, ReadOnlyMemory<byte> command) => _consensus.TryPost(ConsensusMessage.Propose(request, command));

    /// <summary>A linearizable read: after an empty reply a view that is opened is fresh enough.</summary>
    public bool TryRead(RequestId request) => _consensus.TryPost(ConsensusMessage.Read(request));

    /// <summary>Any revision the member has applied, without asking anybody.</summary>
    public MvccView OpenView() => _stores.Current.Mvcc.OpenView();

    public bool TryChangeMembership(RequestId request, MembershipRequest change) =>
        _consensus.TryPost(ConsensusMessage.Of(new ConsensusEvent.ChangeMembership(request, change)));

    /// <summary>Answered when the target leads; refused on a member that does not lead.</summary>
    public bool TryTransferLeadership(RequestId request, MemberId target) =>
        _consensus.TryPost(ConsensusMessage.Of(new ConsensusEvent.TransferLeadership(request, target)));

    /// <summary>A lease's keep-alive, answered by the leader ("not leader" elsewhere: the API asks the leader then).</summary>
    public bool TryRenew(RequestId request, LeaseId lease, Caller caller = default) =>
        _consensus.TryPost(ConsensusMessage.Of(new LeaseCall(request, lease, LeaseCallKind.KeepAlive, caller)));

    /// <summary>A lease's remaining time, answered by the leader.</summary>
    public bool TryTimeToLive(RequestId request, LeaseId lease, bool withKeys, Caller caller = default) =>
        _consensus.TryPost(ConsensusMessage.Of(
            new LeaseCall(request, lease, withKeys ? LeaseCallKind.TimeToLiveWithKeys : LeaseCallKind.TimeToLive, caller)));

    /// <summary>The leases as this member has applied them.</summary>
    public bool TryListLeases(RequestId request, Caller caller = default) => _apply.TryPost(new ApplyMessage.ListLeases(request, caller));

    /// <summary>The hash of the key space at a revision (zero: the current one).</summary>
    public bool TryHashKeyValues(RequestId request, Revision at) => _background.TryPost(new BackgroundMessage.HashKeyValues(request, at));

    /// <summary>
    /// Answered when the copy has its store; at most <see cref="NodeOptions.StoreCopiesMax"/> at a time. Whatever the answer, and also
    /// without one, the caller gives the copy back.
    /// </summary>
    public bool TryCopyStore(RequestId request, StoreCopy copy) => _background.TryPost(new BackgroundMessage.CopyStore(request, copy));

    /// <summary>The caller no longer reads the copy. False: the lane is full, try again. A member that was closed has closed its copies.</summary>
    public bool TryGiveBack(StoreCopy copy) => _isClosed || _background.TryPost(new BackgroundMessage.GiveBackCopy(copy));

    public bool TryPost(in WatchMessage message) => _watch.TryPost(message);

    /// <summary>Refuses new calls, hands leadership over, and then answers the request (C17). The composition root then ends the lanes.</summary>
    public bool TryStop(RequestId request) => _consensus.TryPost(ConsensusMessage.Of(new ConsensusEvent.Stop(request)));

    // For the transport.

    public bool TryReceive(MemberId from, PeerChannel channel, ReadOnlyMemory<byte> frame)
    {
        if (_codec.TryDecode(from, frame, out var decoded) is { } reason)
        {
            _trace.Emit(new TraceEvent(TraceKind.PeerFrameRefused, from.Value, Detail: reason));
            return true;
        }

        return decoded.Kind switch
        {
            PeerFrameKind.Raft => _consensus.TryPost(ConsensusMessage.Peer(new PeerArrival(decoded.Message)), Poster.Shared),
            PeerFrameKind.Snapshot => _background.TryPost(new BackgroundMessage.SnapshotFrame(from, decoded.Part!), Poster.Shared),
            _ => _consensus.TryPost(ConsensusMessage.Of(new ConsensusEvent.ToldRemoved(from)), Poster.Shared),
        };
    }

    public void OnUnreachable(MemberId member) => _consensus.TryPost(ConsensusMessage.PeerUnreachable(member), Poster.Shared);

    /// <summary>Closes log and stores. Only after the lanes have ended.</summary>
    public void Dispose()
    {
        _isClosed = true;
        _backgroundLane.Close();
        _stores.Current.Store.Dispose();
        _log.Dispose();
    }

    private static RaftOptions RaftOptionsFor(NodeOptions options, MemberId self) => new()
    {
        Self = self,
        ElectionTicksMin = options.ElectionTicks,
        ElectionTicksMax = (2 * options.ElectionTicks) - 1,
        PreVote = options.PreVote,
        UncommittedBytesMax = options.UncommittedBytesMax,
        ApplyBatchBytesMax = options.ApplyBatchBytesMax,
        PendingReadsMax = options.WaitingReadsMax,
    };
}
