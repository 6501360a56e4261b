using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>
/// Computes what a change makes of a membership. A pure function of both, because every member applies it by itself: a change
/// that cannot be made changes nothing, everywhere alike.
/// </summary>
internal static class MembershipChanger
{
    /// <summary>False, with the unchanged membership and the reason, when the change cannot be made.</summary>
    public static bool TryApply(Membership current, MembershipChange change, out Membership next, out string? why)
    {
        next = current;
        why = change.IsLeaveJoint == current.IsJoint
            ? null
            : current.IsJoint ? "the joint membership must be left first" : "the membership is not joint";
        if (why is not null)
            return false;
        if (change.IsLeaveJoint)
        {
            next = Leave(current);
            return true;
        }

        var voters = new SortedSet<MemberId>(current.Voters);
        var learners = new SortedSet<MemberId>(current.Learners);
        foreach (var step in change.Steps)
        {
            why = Make(step, voters, learners);
            if (why is not null)
                return false;
        }

        if (voters.Count == 0)
        {
            why = "no voter would be left";
            return false;
        }

        next = IsSimple(current, change.Transition, voters)
            ? new Membership { Voters = [.. voters], Learners = [.. learners] }
            : Enter(current, change.Transition, voters, learners);
        return true;
    }

    private static string? Make(MembershipStep step, SortedSet<MemberId> voters, SortedSet<MemberId> learners)
    {
        if (step.Member.IsNone)
            return "a step names no member";
        switch (step.Kind)
        {
            case MembershipStepKind.AddVoter:
                learners.Remove(step.Member);
                voters.Add(step.Member);
                return null;
            case MembershipStepKind.AddLearner:
                voters.Remove(step.Member);
                learners.Add(step.Member);
                return null;
            case MembershipStepKind.Remove:
                voters.Remove(step.Member);
                learners.Remove(step.Member);
                return null;
            case MembershipStepKind.Update:
                return null;
            default:
                return "a step of an unknown kind";
        }
    }

    // Any majority before and any majority after overlap as long as one voter at most comes or goes (thesis §4.1).
    private static bool IsSimple(Membership current, MembershipTransition transition, SortedSet<MemberId> voters)
    {
        if (transition != MembershipTransition.Auto)
            return false;
        var difference = new SortedSet<MemberId>(current.Voters);
        difference.SymmetricExceptWith(voters);
        return difference.Count <= 1;
    }

    private static Membership Enter(
        Membership current, MembershipTransition transition, SortedSet<MemberId> voters, SortedSet<MemberId> learners)
    {
        // A voter that becomes a learner still votes among the outgoing ones until the joint membership is left.
        var learnersNext = new SortedSet<MemberId>(learners);
        learnersNext.IntersectWith(current.Voters);
        learners.ExceptWith(learnersNext);
        return new Membership
        {
            Voters = [.. voters],
            OutgoingVoters = current.Voters,
            Learners = [.. learners],
            LearnersNext = [.. learnersNext],
            AutoLeave = transition != MembershipTransition.JointExplicitLeave,
        };
    }

    private static Membership Leave(Membership current) => new()
    {
        Voters = current.Voters,
        Learners = [.. current.Learners, .. current.LearnersNext],
    };
}
