using KvStore.Primitives;
using KvStore.Raft;
using KvStore.StateMachine;

namespace KvStore.Node;

/// <summary>The state machine's picture of the cluster as the other lanes see it.</summary>
internal static class Directories
{
    public static MemberDirectory Of(ClusterState cluster)
    {
        var members = new List<MemberInfo>(cluster.Members.Members.Count);
        foreach (var member in cluster.Members.Members)
            members.Add(new MemberInfo(member.Id, member.Name, member.PeerUrls, member.ClientUrls, member.IsLearner));
        return new MemberDirectory(members, [.. cluster.Members.Removed], cluster.Version) { DowngradeTarget = cluster.DowngradeTarget };
    }

    /// <summary>C3: the one source of truth about who takes part is the table, written with the entry that changed it.</summary>
    public static Membership MembershipOf(MemberTable table)
    {
        var voters = new List<MemberId>();
        var learners = new List<MemberId>();
        foreach (var member in table.Members)
            (member.IsLearner ? learners : voters).Add(member.Id);
        return new Membership { Voters = voters, Learners = learners };
    }
}
