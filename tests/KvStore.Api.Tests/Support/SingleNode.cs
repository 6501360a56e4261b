using KvStore.Api.Calls;
using KvStore.Api.Members;
using KvStore.Hosting;
using KvStore.Mvcc;
using KvStore.Node;
using KvStore.Node.Background;
using KvStore.Node.Bootstrap;
using KvStore.Node.Watch;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Disk;
using KvStore.Simulation.Store;
using KvStore.StateMachine;

namespace KvStore.Api.Tests;

/// <summary>A real node, alone in its cluster: real lanes on threads and real time, over a simulated disk and store.</summary>
internal sealed class SingleNode : IMember, IPeerNetwork, ITraceSink, IDisposable
{
    private readonly ThreadLaneFactory _lanes;
    private readonly KvNode _node;
    private readonly TickPump _pump;
    private readonly NodeMember _member;

    public SingleNode(PendingCalls calls, ITokenAssignments? tokens = null)
    {
        var options = new NodeOptions
        {
            DataDirectory = "data",
            TickInterval = TimeSpan.FromMilliseconds(10),
            Applier = new ApplierOptions { IsAwaitedHere = calls.IsAwaited, Tokens = tokens ?? NoTokens.Instance },
        };
        _lanes = new ThreadLaneFactory((lane, exception) => Fatal = $"{lane}: {exception}");
        _node = KvNode.Start(
            new NodeDoors
            {
                Files = new SimulatedDisk(new Prng(1)),
                Stores = new SimulatedStoreProvider(new Prng(2), new SimulatedStoreOptions()),
                Network = this,
                Lanes = _lanes,
                Replies = calls,
                Trace = this,
                Seed = 3,
            },
            options,
            BootstrapPlan.Found([("default", ["http://a:2380"])], "token", "default"));
        var clock = new MonotonicClock(TimeProvider.System);
        _pump = new TickPump(TimeProvider.System, clock, options.TickInterval, _node.Tick);
        _member = new NodeMember(_node, () => clock.Now);
    }

    /// <summary>What ended a lane, if anything did.</summary>
    public string? Fatal { get; private set; }

    public NodeStatus Status => _member.Status;

    public Instant Now => _member.Now;

    public StoreSizes Sizes => _member.Sizes;

    public AppliedFacts Applied => _member.Applied;

    public AuthTable Auth => _member.Auth;

    public WatchStatistics Watch => _member.Watch;

    public bool IsInForce(AuthTable judged) => _member.IsInForce(judged);

    public MvccView OpenView() => _member.OpenView();

    public bool TryPropose(RequestId request, ReadOnlyMemory<byte> command) => _member.TryPropose(request, command);

    public bool TryRead(RequestId request) => _member.TryRead(request);

    public bool TryKeepAlive(RequestId request, LeaseId lease, Caller caller) => _member.TryKeepAlive(request, lease, caller);

    public bool TryTimeToLive(RequestId request, LeaseId lease, bool withKeys, Caller caller) =>
        _member.TryTimeToLive(request, lease, withKeys, caller);

    public bool TryListLeases(RequestId request, Caller caller) => _member.TryListLeases(request, caller);

    public bool TryHashKeyValues(RequestId request, Revision at) => _member.TryHashKeyValues(request, at);

    public bool TryCopyStore(RequestId request, StoreCopy copy) => _member.TryCopyStore(request, copy);

    public bool TryGiveBack(StoreCopy copy) => _member.TryGiveBack(copy);

    public bool TryChangeMembership(RequestId request, MembershipRequest change) => _member.TryChangeMembership(request, change);

    public bool TryTransferLeadership(RequestId request, MemberId to) => _member.TryTransferLeadership(request, to);

    public bool TryPost(in WatchMessage message) => _member.TryPost(message);

    public bool TrySend(MemberId to, PeerChannel channel, ReadOnlyMemory<byte> frame) => false;

    public void SetPeer(MemberId member, IReadOnlyList<string> urls)
    {
    }

    public void RemovePeer(MemberId member)
    {
    }

    public void Emit(in TraceEvent traceEvent)
    {
    }

    public void Dispose()
    {
        _pump.Dispose();
        _lanes.Dispose();
        _node.Dispose();
        Assert.Null(Fatal);
    }
}
