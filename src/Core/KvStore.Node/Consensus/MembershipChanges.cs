using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Raft;

namespace KvStore.Node.Consensus;

/// <summary>
/// Changes of the membership that clients ask for, here or at another member: judged, proposed one at a time, and kept while raft cannot
/// take them yet (an earlier change is not applied, there is no leader for the moment). Owned by the Consensus lane.
/// </summary>
internal sealed class MembershipChanges(NodeOptions options, RaftCore raft, MemberId self, IProposalOutcome outcome)
{
    private readonly Queue<Waiting> _waiting = new();
    private readonly LearnerPromotions _promotions = new(options, raft, self);

    public void Add(RequestId request, MembershipRequest change, MemberDirectory directory, Instant now)
    {
        if (Judge(WithReplaced(change, directory), directory) is { } refusal)
            outcome.Refused(request, refusal);
        else if (_waiting.Count >= options.MembershipChangesMax)
            outcome.Refused(request, EtcdErrors.TooManyRequests);
        else
            _waiting.Enqueue(new Waiting(request, change, default, now));
        Propose(directory, now);
    }

    /// <summary>A change that another member was asked for and judged; its caller waits there, and hears when it is applied or not at all.</summary>
    public void AddForPeer(ReadOnlyMemory<byte> entry, MemberDirectory directory, Instant now)
    {
        if (_waiting.Count < options.MembershipChangesMax)
            _waiting.Enqueue(new Waiting(RequestId.None, null, entry, now));
        Propose(directory, now);
    }

    /// <summary>Proposes what waits, as far as raft takes it; ends the waiting of what waited too long.</summary>
    public void Propose(MemberDirectory directory, Instant now)
    {
        while (_waiting.TryPeek(out var next))
        {
            if (next.Since + options.RequestTimeout < now)
            {
                Refuse(EtcdErrors.CallerDeadlineExceeded);
                continue;
            }

            // The leader leaves a joint membership by itself, and soon.
            if (raft.Membership.IsJoint)
                return;
            if (next.Change is null)
            {
                var isDropped = raft.Role == RaftRole.Leader && !MayBeMade(next.Entry, directory);
                if (!isDropped && raft.ProposeMembershipForPeer(next.Entry) is not (ProposeResult.Accepted or ProposeResult.Forwarded))
                    return;
                _waiting.Dequeue();
                continue;
            }

            // Judged by what the changes before it made of the cluster, not by what it was when this one was asked for.
            var change = WithReplaced(next.Change, directory);
            if (Judge(change, directory) is { } refusal)
            {
                Refuse(refusal);
                continue;
            }

            var result = raft.ProposeMembership(MembershipCommands.ToRaft(change), MembershipCommands.Encode(next.Request, change, options.LearnersMax));
            if (result == ProposeResult.InvalidMembershipChange)
                Refuse(EtcdErrors.Unhealthy);
            else if (result is ProposeResult.Accepted or ProposeResult.Forwarded)
                _waiting.Dequeue();
            else
                return;
        }
    }

    /// <summary>What waits, and on the leader the promotion of a learner whose record asks for it.</summary>
    public void Tick(MemberDirectory directory, Instant now)
    {
        Propose(directory, now);
        if (_waiting.Count == 0 && _promotions.Next(directory) is { } promotion)
            raft.ProposeMembership(MembershipCommands.ToRaft(promotion), MembershipCommands.Encode(RequestId.None, promotion, options.LearnersMax));
    }

    public void FailAll(EtcdError error)
    {
        while (_waiting.Count > 0)
            Refuse(error);
    }

    /// <summary>Whoever promotes a learner that takes a voter's place, and by whatever rpc: the voter goes with the same change.</summary>
    public static MembershipRequest WithReplaced(MembershipRequest change, MemberDirectory directory)
    {
        if (change.Kind != MembershipRequestKind.Promote || directory.Find(change.Member) is not { } learner)
            return change;
        var replaced = directory.Find(learner.Replaces);
        return replaced is { IsLearner: false } ? change with { Replaces = replaced.Id } : change;
    }

    /// <summary>
    /// Whether a peer's change may be made still: it was judged there, maybe before another was made that was asked for elsewhere. One that
    /// may not is dropped, as etcd's leader drops it; who asked for it hears of no outcome.
    /// </summary>
    private bool MayBeMade(ReadOnlyMemory<byte> entry, MemberDirectory directory) =>
        MembershipCommands.TryDecode(entry.Span) is { } change && Judge(WithReplaced(change, directory), directory) is null;

    private EtcdError? Judge(MembershipRequest change, MemberDirectory directory) =>
        MembershipRules.Judge(change, directory, ClusterHealth.Of(raft, self) ?? ClusterHealth.OfAnswers(change.Active, directory), options);

    /// <summary>Ends the waiting of the first. A peer's caller has a limit of its own.</summary>
    private void Refuse(EtcdError error)
    {
        if (_waiting.Dequeue() is { Change: not null } ended)
            outcome.Refused(ended.Request, error);
    }

    /// <summary>A change that was asked for here, or the encoded one of a peer.</summary>
    private readonly record struct Waiting(RequestId Request, MembershipRequest? Change, ReadOnlyMemory<byte> Entry, Instant Since);
}
