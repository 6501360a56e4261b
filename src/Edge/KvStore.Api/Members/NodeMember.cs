using KvStore.Mvcc;
using KvStore.Node;
using KvStore.Node.Watch;
using KvStore.Platform;
using KvStore.Primitives;

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

    public WatchStatistics Watch => node.WatchStatistics;

    public MvccView OpenView() => node.OpenView();

    public bool TryPropose(RequestId request, ReadOnlyMemory<byte> command) => node.TryPropose(request, command);

    public bool TryRead(RequestId request) => node.TryRead(request);

    public bool TryKeepAlive(RequestId request, LeaseId lease) => node.TryRenew(request, lease);

    public bool TryTimeToLive(RequestId request, LeaseId lease, bool withKeys) => node.TryTimeToLive(request, lease, withKeys);

    public bool TryListLeases(RequestId request) => node.TryListLeases(request);

    public bool TryHashKeyValues(RequestId request, Revision at) => node.TryHashKeyValues(request, at);

    public bool TryChangeMembership(RequestId request, MembershipRequest change) => node.TryChangeMembership(request, change);

    public bool TryTransferLeadership(RequestId request, MemberId to) => node.TryTransferLeadership(request, to);

    public bool TryPost(in WatchMessage message) => node.TryPost(message);
}
