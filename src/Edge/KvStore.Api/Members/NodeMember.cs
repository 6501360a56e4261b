using KvStore.Mvcc;
using KvStore.Node;
using KvStore.Node.Background;
using KvStore.Node.Watch;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Api.Members;

/// <summary>The member as a node of the cluster.</summary>
/// <param name="node">The node; the server owns it.</param>
/// <param name="now">The clock that the node's ticks are taken from.</param>
public sealed class NodeMember(KvNode node, Func<Instant> now) : IMember
{
    public NodeStatus Status => node.Status;

    public Instant Now => now();

    public StoreSizes Sizes => node.StoreSizes;

    public AppliedFacts Applied => node.Applied;

    public AuthTable Auth => node.Auth;

    public WatchStatistics Watch => node.WatchStatistics;

    public bool IsInForce(AuthTable judged) => node.IsInForce(judged);

    public MvccView OpenView() => node.OpenView();

    public bool TryPropose(RequestId request, ReadOnlyMemory<byte> command) => node.TryPropose(request, command);

    public bool TryRead(RequestId request) => node.TryRead(request);

    public bool TryKeepAlive(RequestId request, LeaseId lease, Caller caller) => node.TryRenew(request, lease, caller);

    public bool TryTimeToLive(RequestId request, LeaseId lease, bool withKeys, Caller caller) =>
        node.TryTimeToLive(request, lease, withKeys, caller);

    public bool TryListLeases(RequestId request, Caller caller) => node.TryListLeases(request, caller);

    public bool TryHashKeyValues(RequestId request, Revision at) => node.TryHashKeyValues(request, at);

    public bool TryCopyStore(RequestId request, StoreCopy copy) => node.TryCopyStore(request, copy);

    public bool TryGiveBack(StoreCopy copy) => node.TryGiveBack(copy);

    public bool TryChangeMembership(RequestId request, MembershipRequest change) => node.TryChangeMembership(request, change);

    public bool TryTransferLeadership(RequestId request, MemberId to) => node.TryTransferLeadership(request, to);

    public bool TryPost(in WatchMessage message) => node.TryPost(message);
}
