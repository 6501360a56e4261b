using KvStore.Primitives;
using KvStore.Protocol;

namespace KvStore.Node.Consensus;

/// <summary>
/// Whether a change of the membership may be proposed now. Pure: what is asked, who the members are, and who is reachable. What
/// only the log can decide (an id or an address in use, a member that is gone) is judged when the change is applied, alike on all members.
/// </summary>
internal static class MembershipRules
{
    /// <param name="request">What is asked.</param>
    /// <param name="directory">The members as applied here.</param>
    /// <param name="health">Who is reachable; null on a follower that did not ask the leader, which then judges nothing strictly: "not leader".</param>
    /// <param name="options">The strictness and the limits.</param>
    public static EtcdError? Judge(MembershipRequest request, MemberDirectory directory, ClusterHealth? health, NodeOptions options) =>
        request.Kind switch
        {
            MembershipRequestKind.AddVoter => JudgeAdd(directory, health, options, isVoter: true),
            MembershipRequestKind.AddLearner => JudgeAdd(directory, health, options, isVoter: false),
            MembershipRequestKind.Promote => JudgePromote(request, directory, health, options),
            MembershipRequestKind.Remove => JudgeRemove(request.Member, directory, health, options),
            _ => null,
        };

    private static EtcdError? JudgeAdd(MemberDirectory directory, ClusterHealth? health, NodeOptions options, bool isVoter)
    {
        if (!options.StrictReconfigCheck)
            return null;
        var (voters, started) = CountVoters(directory, except: MemberId.None);
        // One member that grows to two needs no more than itself, or no cluster could ever grow.
        var isFirstGrowth = voters == 1 && started == 1;
        if (isVoter && !isFirstGrowth && started < Quorum(voters + 1))
            return EtcdErrors.MemberNotEnoughStarted;
        // C7: a member may be down as long as those that answer are a quorum of the larger cluster, the new one not counted.
        var needed = isVoter && !isFirstGrowth ? Quorum(voters + 1) : Quorum(voters);
        if (health is null)
            return EtcdErrors.NotLeader;
        return health.ActiveVoters < needed ? EtcdErrors.Unhealthy : null;
    }

    private static EtcdError? JudgePromote(MembershipRequest request, MemberDirectory directory, ClusterHealth? health, NodeOptions options)
    {
        // Only the leader knows how far a learner is.
        if (health is null || request.Active is not null)
            return EtcdErrors.NotLeader;
        if (directory.Find(request.Member) is not { } learner)
            return EtcdErrors.MemberNotFound;
        // In etcd's order: of a voter that is far behind it is said, too, that it is not in sync.
        if (!health.IsCaughtUp(request.Member, options.PromotePercent))
            return EtcdErrors.LearnerNotReady;
        if (!learner.IsLearner)
            return EtcdErrors.MemberNotLearner;
        if (!options.StrictReconfigCheck)
            return null;
        var (rest, started) = CountVoters(directory, except: request.Replaces);
        if (started + 1 < Quorum(rest + 1))
            return EtcdErrors.MemberNotEnoughStarted;
        return request.Replaces.IsNone ? null : JudgeReplace(request.Replaces, rest + 1, health);
    }

    /// <summary>A joint change needs a majority of both sets of voters, which are equally many; the learner has just answered.</summary>
    private static EtcdError? JudgeReplace(MemberId replaced, int voters, ClusterHealth health)
    {
        var without = health.ActiveVoters - (health.IsActive(replaced) ? 1 : 0);
        return health.ActiveVoters < Quorum(voters) || without + 1 < Quorum(voters) ? EtcdErrors.Unhealthy : null;
    }

    private static EtcdError? JudgeRemove(MemberId member, MemberDirectory directory, ClusterHealth? health, NodeOptions options)
    {
        if (!options.StrictReconfigCheck || directory.Find(member) is not { IsLearner: false })
            return null;
        var (rest, started) = CountVoters(directory, except: member);
        if (rest == 0 || started < Quorum(rest))
            return EtcdErrors.MemberNotEnoughStarted;
        if (health is null)
            return EtcdErrors.NotLeader;
        // A member that does not answer is no part of the active quorum: it may always go.
        if (!health.IsActive(member))
            return null;
        return health.ActiveVoters - 1 < Quorum(rest) ? EtcdErrors.Unhealthy : null;
    }

    private static (int Voters, int Started) CountVoters(MemberDirectory directory, MemberId except)
    {
        var voters = 0;
        var started = 0;
        foreach (var member in directory.Members)
        {
            if (member.IsLearner || member.Id == except)
                continue;
            voters++;
            started += member.IsStarted ? 1 : 0;
        }

        return (voters, started);
    }

    private static int Quorum(int voters) => (voters / 2) + 1;
}
