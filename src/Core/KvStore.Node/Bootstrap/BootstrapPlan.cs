using KvStore.Primitives;

namespace KvStore.Node.Bootstrap;

/// <summary>
/// How a member that has no log yet comes to be. A member that has one takes its identity from it and ignores the plan, as etcd
/// ignores its initial-* flags then (contract 5.4).
/// </summary>
public sealed record BootstrapPlan
{
    /// <summary>Founds a cluster with the others of the list: the founders are the first entries of everybody's log.</summary>
    public static BootstrapPlan Found(ClusterId cluster, MemberId self, IReadOnlyList<MemberInfo> founders) =>
        new() { Cluster = cluster, Self = self, Members = founders, IsFounder = true };

    /// <summary>Founds a cluster; the ids follow from addresses and token alone, so all founders compute the same ones.</summary>
    /// <param name="initialCluster">Name and peer addresses of each founder.</param>
    /// <param name="token">Distinguishes clusters that were founded with the same addresses.</param>
    /// <param name="selfName">Which of them this member is.</param>
    public static BootstrapPlan Found(IReadOnlyList<(string Name, IReadOnlyList<string> PeerUrls)> initialCluster, string token, string selfName)
    {
        var founders = new List<MemberInfo>(initialCluster.Count);
        foreach (var (name, urls) in initialCluster)
            founders.Add(new MemberInfo(MemberIdentity.OfFounder(urls, token), name, MemberIdentity.Ordered(urls), [], IsLearner: false));
        founders.Sort(static (left, right) => left.Id.CompareTo(right.Id));
        var self = founders.Find(founder => founder.Name == selfName);
        Check.That(self is not null, "a founder is one of the initial cluster: the server has checked it");
        return Found(MemberIdentity.OfCluster(founders.ConvertAll(founder => founder.Id)), self.Id, founders);
    }

    /// <summary>Joins a running cluster that has already added this member; the members are what that cluster answered.</summary>
    public static BootstrapPlan Join(ClusterId cluster, MemberId self, IReadOnlyList<MemberInfo> members) =>
        new() { Cluster = cluster, Self = self, Members = members, IsFounder = false };

    /// <summary>Goes on from the data that must be there; starting without any breaks an invariant.</summary>
    public static BootstrapPlan Restart { get; } =
        new() { Cluster = default, Self = MemberId.None, Members = [], IsFounder = false };

    private BootstrapPlan()
    {
    }

    public required ClusterId Cluster { get; init; }

    public required MemberId Self { get; init; }

    public required IReadOnlyList<MemberInfo> Members { get; init; }

    public required bool IsFounder { get; init; }

    public bool IsRestart => Self.IsNone;
}
