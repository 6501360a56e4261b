using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Consensus;

/// <summary>
/// Learners that are promoted without being asked for: their records say so, so it goes on whoever leads, and whatever became of
/// the command that added them. Owned by the Consensus lane, asked once a tick.
/// </summary>
internal sealed class LearnerPromotions(NodeOptions options, RaftCore raft, MemberId self)
{
    /// <summary>After so many transfers that failed, the leader that is to go lets consensus remove it .</summary>
    private const int HandOversMax = 3;

    private int _handOvers;

    /// <summary>The promotion to propose now, or null. Raft refuses it while an earlier change is not applied: it is asked for again.</summary>
    public MembershipRequest? Next(MemberDirectory directory)
    {
        if (raft.Role != RaftRole.Leader)
            _handOvers = 0;
        if (raft.Role != RaftRole.Leader || raft.IsTransferring || raft.Membership.IsJoint)
            return null;
        foreach (var member in directory.Members)
        {
            if (!member.IsLearner || !member.AutoPromote || !member.IsStarted)
                continue;
            var health = ClusterHealth.Of(raft, self)!;
            var promotion = MembershipChanges.WithReplaced(new MembershipRequest { Kind = MembershipRequestKind.Promote, Member = member.Id }, directory);
            if (health.Lag(member.Id) > options.AutoPromoteLagEntriesMax || MembershipRules.Judge(promotion, directory, health, options) is not null)
                continue;
            return promotion.Replaces == self && IsHandedOver(health) ? null : promotion;
        }

        return null;
    }

    /// <summary>
    /// A leader that is to be removed hands over first: then proposals wait a moment and find the next leader, as at any transfer, and
    /// no follower forwards to one that takes none any more. The next leader finds the same learner.
    /// </summary>
    private bool IsHandedOver(ClusterHealth health)
    {
        if (_handOvers == HandOversMax || health.FurthestVoter() is not { IsNone: false } next || !raft.TransferLeadership(next))
            return false;
        _handOvers++;
        return true;
    }
}
