using KvStore.Api.Members;
using KvStore.Mvcc;
using KvStore.Node;
using KvStore.Node.Background;
using KvStore.Node.Watch;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.Simulation.Store;
using KvStore.StateMachine;

namespace KvStore.Api.Tests;

/// <summary>
/// A member without a cluster: what is proposed is applied at once, by the real state machine over the real key space, and told
/// to a real Watch lane. A test can hold replies back, take the leader away, or refuse.
/// </summary>
internal sealed class InstantMember : IMember, ILane<WatchMessage>, ITraceSink, IDisposable
{
    private readonly Lock _lock = new();
    private readonly IReplies<Reply> _replies;
    private readonly IOrderedStore _store;
    private readonly MvccStore _keys;
    private readonly Applier _applier;
    private readonly WatchLane _watch;
    private readonly Queue<WatchMessage> _watchInbox = new();
    private readonly List<(RequestId Request, Reply Reply)> _held = [];
    private LogIndex _index;
    private bool _isWatching;

    public InstantMember(IReplies<Reply> replies)
    {
        _replies = replies;
        _store = new SimulatedStoreProvider(new Prng(1), new SimulatedStoreOptions()).Open("db");
        _keys = MvccStore.Open(_store, new MvccOptions(), this);
        _applier = new Applier(_keys, _store, new ApplierOptions(), this);
        _applier.Leases.Promote(default, TimeSpan.Zero);
        _watch = new WatchLane(new MvccWatchHistory(_keys), new WatchOptions { Prng = new Prng(2) }, this);
        _watch.Attach(this);
        Status = new NodeStatus
        {
            Cluster = new ClusterId(0xC),
            Self = new MemberId(0xA),
            Leader = new MemberId(0xA),
            Role = NodeRole.Leader,
            Term = new Term(7),
            ClusterVersion = "3.7",
            Members = [new MemberInfo(new MemberId(0xA), "a", ["http://a:2380"], ["http://a:2379"], IsLearner: false)],
        };
    }

    public NodeStatus Status { get; set; }

    public Instant Now => Clock();

    public Func<Instant> Clock { get; set; } = static () => new(TimeSpan.FromHours(1).Ticks);

    public StoreSizes Sizes => _store.Sizes;

    public long RetainedBytes { get; set; }

    public AppliedFacts Applied => new(_applier.Alarms.Alarms, _keys.Writer.LiveBytes, RetainedBytes) { Counts = _applier.Counts };

    public AuthTable Auth => _applier.Auth;

    public WatchStatistics Watch => _watch.Statistics;

    /// <summary>Whether the inbox takes anything.</summary>
    public bool IsFull { get; set; }

    /// <summary>Whether replies wait until <see cref="Release"/>.</summary>
    public bool HoldsReplies { get; set; }

    /// <summary>What reads are refused with.</summary>
    public EtcdError? ReadError { get; set; }

    public int Proposals { get; private set; }

    public int Reads { get; private set; }

    public List<MembershipRequest> Changes { get; } = [];

    public bool IsInForce(AuthTable judged) => ReferenceEquals(_applier.Auth, judged);

    /// <summary>Only a real node has files to copy.</summary>
    public bool TryCopyStore(RequestId request, StoreCopy copy) => false;

    public bool TryGiveBack(StoreCopy copy) => true;

    /// <summary>Runs once before the next view is opened, when the next linearizable read is asked for, or when the next command is proposed.</summary>
    public Action? BeforeNextView { get; set; }

    public Action? AtNextRead { get; set; }

    public Action? AtNextProposal { get; set; }

    /// <summary>Applies a command of this member's own.</summary>
    public void Apply(CommandKind kind, Google.Protobuf.IMessage request, Caller caller = default)
    {
        var (command, encoded) = (new ByteWriter(), new ByteWriter());
        caller.WriteTo(encoded);
        CommandWriter.Write(command, default, encoded.WrittenSpan, kind, Google.Protobuf.MessageExtensions.ToByteArray(request));
        TryPropose(default, command.ToArray());
    }

    public MvccView OpenView()
    {
        var before = BeforeNextView;
        BeforeNextView = null;
        before?.Invoke();
        return _keys.OpenView();
    }

    public bool TryPropose(RequestId request, ReadOnlyMemory<byte> command)
    {
        if (IsFull)
            return false;
        AtNextProposal?.Invoke();
        AtNextProposal = null;
        lock (_lock)
        {
            Proposals++;
            _index = _index.Next;
            var reply = _applier.Apply(new LogEntry(Status.Term, _index, LogEntryKind.Command, command), Now);
            Post(WatchMessage.Committed(_applier.Commit()));
            Answer(request, reply);
        }

        return true;
    }

    public bool TryRead(RequestId request)
    {
        Reads++;
        AtNextRead?.Invoke();
        AtNextRead = null;
        Answer(request, new Reply { Error = ReadError });
        return !IsFull;
    }

    public bool TryKeepAlive(RequestId request, LeaseId lease, Caller caller)
    {
        if (!Status.IsLeader)
        {
            Answer(request, new Reply { Error = EtcdErrors.NotLeader });
            return true;
        }

        var outcome = _applier.Leases.Renew(lease, Now, out var ttl);
        Answer(request, BodyOf(new LeaseKeepAliveResponse { ID = lease.Value, TTL = outcome == RenewOutcome.Renewed ? ttl : 0 }));
        return true;
    }

    public bool TryTimeToLive(RequestId request, LeaseId lease, bool withKeys, Caller caller)
    {
        var response = new LeaseTimeToLiveResponse { ID = lease.Value, TTL = -1 };
        if (_applier.Leases.TryGetExpiry(lease, Now, out var expiry))
            response = new LeaseTimeToLiveResponse { ID = lease.Value, TTL = (long)expiry.Remaining.TotalSeconds, GrantedTTL = expiry.GrantedTtlSeconds };
        Answer(request, BodyOf(response));
        return true;
    }

    public bool TryListLeases(RequestId request, Caller caller)
    {
        var ids = new List<LeaseId>();
        _applier.Leases.CopyLeasesTo(ids);
        var response = new LeaseLeasesResponse();
        response.Leases.Add(ids.Select(id => new LeaseStatus { ID = id.Value }));
        Answer(request, BodyOf(response));
        return true;
    }

    public bool TryHashKeyValues(RequestId request, Revision at)
    {
        using var view = OpenView();
        if (at > view.Current)
        {
            Answer(request, new Reply { Error = EtcdErrors.FutureRevision });
            return true;
        }

        var hash = view.BeginHash(at);
        while (!hash.Next(100))
        {
        }

        var response = new HashKVResponse { Hash = hash.Value, CompactRevision = hash.CompactRevision, HashRevision = hash.Revision.Value };
        Answer(request, BodyOf(response) with { Revision = view.Current });
        return true;
    }

    public bool TryChangeMembership(RequestId request, MembershipRequest change)
    {
        Changes.Add(change);
        Answer(request, BodyOf(new MemberRemoveResponse { Members = { new Protocol.Etcd.Member { ID = 0xA } } }));
        return true;
    }

    public bool TryTransferLeadership(RequestId request, MemberId to)
    {
        Answer(request, new Reply { Error = to.Value == 0xB ? null : EtcdErrors.BadLeaderTransferee });
        return true;
    }

    public bool TryPost(in WatchMessage message)
    {
        lock (_lock)
            Post(message);
        return true;
    }

    bool ILane<WatchMessage>.TryPost(WatchMessage message, Poster poster)
    {
        _watchInbox.Enqueue(message);
        return true;
    }

    public void Release()
    {
        HoldsReplies = false;
        foreach (var (request, reply) in _held)
            _replies.Complete(request, reply);
        _held.Clear();
    }

    public void Emit(in TraceEvent traceEvent)
    {
    }

    public void Dispose() => _store.Dispose();

    private void Post(in WatchMessage message)
    {
        _watchInbox.Enqueue(message);
        if (_isWatching)
            return;
        _isWatching = true;
        while (_watchInbox.TryDequeue(out var next))
            _watch.Handle([next]);
        _isWatching = false;
    }

    private void Answer(RequestId request, in Reply reply)
    {
        if (HoldsReplies)
            _held.Add((request, reply));
        else
            _replies.Complete(request, reply);
    }

    private static Reply BodyOf(Google.Protobuf.IMessage response) => new() { Body = Google.Protobuf.MessageExtensions.ToByteArray(response) };
}
