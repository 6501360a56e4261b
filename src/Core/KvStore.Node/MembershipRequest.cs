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
}
