using KvStore.Mvcc;
using KvStore.Node;
using KvStore.Node.Background;
using KvStore.Node.Watch;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Api.Members;

/// <summary>
/// What the services need of the member they speak for: the node, and in tests a member without a cluster. Any thread, nothing
/// blocks. A method that takes a request id answers through the table of waiting calls; false means that the member's inbox is
/// full and no answer will come.
/// </summary>
public interface IMember
{
    NodeStatus Status { get; }

    /// <summary>The clock of <see cref="NodeStatus.LeaderSince"/>.</summary>
    Instant Now { get; }

    MvccView OpenView();

    /// <summary>Of the store's files.</summary>
    StoreSizes Sizes { get; }

    /// <summary>Alarms and sizes as of the last commit.</summary>
    AppliedFacts Applied { get; }

    /// <summary>Users and roles as of the last commit: no view opened from now on is older.</summary>
    AuthTable Auth { get; }

    /// <summary>
    /// Whether reads that <paramref name="judged"/> allowed may be answered from the views opened so far: nothing that changed users or
    /// roles came between, or authentication is off before and after.
    /// </summary>
    bool IsInForce(AuthTable judged);

    WatchStatistics Watch { get; }

    bool TryPropose(RequestId request, ReadOnlyMemory<byte> command);

    /// <summary>Answers once a view opened afterwards shows everything that was committed when the read began.</summary>
    bool TryRead(RequestId request);

    /// <summary>On the leader: answers with LeaseKeepAliveResponse, confirmed with a quorum (L3), if the caller may; elsewhere with "not leader".</summary>
    bool TryKeepAlive(RequestId request, LeaseId lease, Caller caller);

    /// <summary>On the leader: answers with LeaseTimeToLiveResponse; elsewhere with "not leader".</summary>
    bool TryTimeToLive(RequestId request, LeaseId lease, bool withKeys, Caller caller);

    /// <summary>Answers with LeaseLeasesResponse of this member.</summary>
    bool TryListLeases(RequestId request, Caller caller);

    /// <summary>Answers with HashKVResponse of this member; zero means the current revision.</summary>
    bool TryHashKeyValues(RequestId request, Revision at);

    /// <summary>Answers when the copy has its store, which shows what this member has applied. To be given back in any case.</summary>
    bool TryCopyStore(RequestId request, StoreCopy copy);

    bool TryGiveBack(StoreCopy copy);

    /// <summary>Answers when the change is applied here.</summary>
    bool TryChangeMembership(RequestId request, MembershipRequest change);

    /// <summary>Answers when the leadership has moved, or with the error why it did not.</summary>
    bool TryTransferLeadership(RequestId request, MemberId to);

    bool TryPost(in WatchMessage message);
}
