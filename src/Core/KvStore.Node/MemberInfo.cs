using KvStore.Primitives;

namespace KvStore.Node;

/// <summary>One member as the log says it is. Immutable; addresses in ordinal order.</summary>
public sealed record MemberInfo(
    MemberId Id, string Name, IReadOnlyList<string> PeerUrls, IReadOnlyList<string> ClientUrls, bool IsLearner)
{
    /// <summary>A member has a name once it has started and published it.</summary>
    public bool IsStarted => Name.Length > 0;
}
