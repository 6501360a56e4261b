using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Raft;

namespace KvStore.Node.Consensus;

/// <summary>
/// Changes of the membership that clients ask for: judged, proposed one at a time, and repeated while raft cannot take them yet
/// (an earlier change is not applied, there is no leader for the moment). Owned by the Consensus lane.
/// </summary>
internal sealed class MembershipChanges(NodeOptions options, RaftCore raft, MemberId self, IProposalOutcome outcome)
{
    private readonly Queue<(RequestId Request, MembershipRequest Change, Instant Since)> _waiting = new();
    private readonly LearnerPromotions _promotions = new(options, raft, self);

    public void Add(RequestId request, MembershipRequest change, MemberDirectory directory, Instant now)
    {
        change = WithReplaced(change, directory);
        var health = ClusterHealth.Of(raft, self) ?? ClusterHealth.OfAnswers(change.Active, directory);
        if (MembershipRules.Judge(change, directory, health, options) is { } refusal)
        {
            outcome.Refused(request, refusal);
            return;
        }

        _waiting.Enqueue((request, change, now));
        Propose(now);
    }

    /// <summary>Proposes what waits, as far as raft takes it; ends the waiting of what waited too long.</summary>
    public void Propose(Instant now)
    {
        while (_waiting.TryPeek(out var next))
        {
            if (next.Since + options.RequestTimeout < now)
            {
                _waiting.Dequeue();
                outcome.Refused(next.Request, EtcdErrors.CallerDeadlineExceeded);
                continue;
            }

            // The leader leaves a joint membership by itself, and soon.
            if (raft.Membership.IsJoint)
                return;
            var entry = MembershipCommands.Encode(next.Request, next.Change, options.LearnersMax);
            var result = raft.ProposeMembership(MembershipCommands.ToRaft(next.Change), entry);
            if (result is not (ProposeResult.Accepted or ProposeResult.Forwarded or ProposeResult.InvalidMembershipChange))
                return;
            _waiting.Dequeue();
            if (result == ProposeResult.InvalidMembershipChange)
                outcome.Refused(next.Request, EtcdErrors.Unhealthy);
        }
    }

    /// <summary>What waits, and on the leader the promotion of a learner whose record asks for it.</summary>
    public void Tick(MemberDirectory directory, Instant now)
    {
        Propose(now);
        if (_waiting.Count == 0 && _promotions.Next(directory) is { } promotion)
            raft.ProposeMembership(MembershipCommands.ToRaft(promotion), MembershipCommands.Encode(RequestId.None, promotion, options.LearnersMax));
    }

    public void FailAll(EtcdError error)
    {
        while (_waiting.TryDequeue(out var next))
            outcome.Refused(next.Request, error);
    }

    /// <summary>Whoever promotes a learner that takes a voter's place, and by whatever rpc: the voter goes with the same change.</summary>
    public static MembershipRequest WithReplaced(MembershipRequest change, MemberDirectory directory)
    {
        if (change.Kind != MembershipRequestKind.Promote || directory.Find(change.Member) is not { } learner)
            return change;
        var replaced = directory.Find(learner.Replaces);
        return replaced is { IsLearner: false } ? change with { Replaces = replaced.Id } : change;
    }
}
