using KvStore.Primitives;

namespace KvStore.Node;

/// <summary>The members of the cluster as the state machine has them at one index. Immutable; goes from the Apply lane to the others.</summary>
public sealed record MemberDirectory(
    IReadOnlyList<MemberInfo> Members, IReadOnlyList<MemberId> Removed, string ClusterVersion)
{
    /// <summary>The version that the cluster is to speak while a downgrade is under way; empty when none is.</summary>
    public string DowngradeTarget { get; init; } = "";

    public static readonly MemberDirectory Empty = new([], [], "");

    public MemberInfo? Find(MemberId member)
    {
        foreach (var candidate in Members)
        {
            if (candidate.Id == member)
                return candidate;
        }

        return null;
    }

    public bool WasRemoved(MemberId member)
    {
        foreach (var removed in Removed)
        {
            if (removed == member)
                return true;
        }

        return false;
    }
}
