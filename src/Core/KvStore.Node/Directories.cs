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
        {
            members.Add(new MemberInfo(member.Id, member.Name, member.PeerUrls, member.ClientUrls, member.IsLearner)
            {
                Stage = member.Stage, AutoPromote = member.AutoPromote, Replaces = member.Replaces,
            });
        }

        return new MemberDirectory(members, [.. cluster.Members.Removed], cluster.Version) { DowngradeTarget = cluster.DowngradeTarget };
    }

    /// <summary>C3: the one source of truth about who takes part is the table, written with the entry that changed it.</summary>
    public static Membership MembershipOf(MemberTable table)
    {
        var voters = new List<MemberId>();
        var outgoing = new List<MemberId>();
        var learners = new List<MemberId>();
        foreach (var member in table.Members)
        {
            if (member.IsLearner)
                learners.Add(member.Id);
            if (!member.IsLearner && member.Stage != MemberStage.Leaving)
                voters.Add(member.Id);
            if (!member.IsLearner && member.Stage != MemberStage.Joining)
                outgoing.Add(member.Id);
        }

        return table.IsJoint
            ? new Membership { Voters = voters, OutgoingVoters = outgoing, Learners = learners, AutoLeave = true }
            : new Membership { Voters = voters, Learners = learners };
    }
}
