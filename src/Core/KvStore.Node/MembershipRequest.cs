using KvStore.Primitives;

namespace KvStore.Node;

/// <summary>A change of the membership that a client asks for.</summary>
public sealed record MembershipRequest
{
    public required MembershipRequestKind Kind { get; init; }

    /// <summary>The member it is about. Of an added one: computed by <see cref="Bootstrap.MemberIdentity"/> from its addresses and the time.</summary>
    public required MemberId Member { get; init; }

    /// <summary>Of an added or updated member: where its peers reach it.</summary>
    public IReadOnlyList<string> PeerUrls { get; init; } = [];

    /// <summary>
    /// Of what a follower is to propose: the members that answer the leader, as the leader said when it was asked. Null when it was not.
    /// </summary>
    public IReadOnlySet<MemberId>? Active { get; init; }

    /// <summary>Of an added or adopted learner: the leader promotes it by itself once it has started and caught up.</summary>
    public bool AutoPromote { get; init; }

    /// <summary>
    /// Of an added or adopted learner: the voter whose place it takes. Of a promotion: the voter that is removed by the same change,
    /// which is then a joint one; filled in by the leader from the learner's record.
    /// </summary>
    public MemberId Replaces { get; init; }
}
