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
    private readonly List<PeerStatus> _peers = [];

    public void Add(RequestId request, MembershipRequest change, MemberDirectory directory, Instant now)
    {
        if (MembershipRules.Judge(change, directory, Health(), options) is { } refusal)
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

            var entry = MembershipCommands.Encode(next.Request, next.Change, options.LearnersMax);
            var result = raft.ProposeMembership(MembershipCommands.ToRaft(next.Change), entry);
            if (result is not (ProposeResult.Accepted or ProposeResult.Forwarded or ProposeResult.InvalidMembershipChange))
                return;
            _waiting.Dequeue();
            if (result == ProposeResult.InvalidMembershipChange)
                outcome.Refused(next.Request, EtcdErrors.Unhealthy);
        }
    }

    public void FailAll(EtcdError error)
    {
        while (_waiting.TryDequeue(out var next))
            outcome.Refused(next.Request, error);
    }

    private ClusterHealth? Health()
    {
        if (raft.Role != RaftRole.Leader)
            return null;
        _peers.Clear();
        raft.CopyPeersTo(_peers);
        return new ClusterHealth(self, raft.LastIndex, [.. _peers]);
    }
}
