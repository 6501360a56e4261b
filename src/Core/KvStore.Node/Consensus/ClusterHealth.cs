using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Consensus;

/// <summary>Who answers the leader, and how far each is. Made from raft's progress at the moment of a question, or of what the leader told.</summary>
internal sealed class ClusterHealth(MemberId self, LogIndex leaderMatch, IReadOnlyList<PeerStatus> peers)
{
    /// <summary>Null on any member but the leader: others do not know.</summary>
    public static ClusterHealth? Of(RaftCore raft, MemberId self)
    {
        if (raft.Role != RaftRole.Leader)
            return null;
        var peers = new List<PeerStatus>();
        raft.CopyPeersTo(peers);
        return new ClusterHealth(self, raft.LastIndex, peers);
    }

    /// <summary>What a follower knows from the leader, who was asked: who answers, but not how far each is. Null when nobody asked.</summary>
    public static ClusterHealth? OfAnswers(IReadOnlySet<MemberId>? active, MemberDirectory directory)
    {
        if (active is null)
            return null;
        var peers = new List<PeerStatus>(directory.Members.Count);
        foreach (var member in directory.Members)
            peers.Add(default(PeerStatus) with { Member = member.Id, IsLearner = member.IsLearner, RecentlyActive = active.Contains(member.Id) });
        return new ClusterHealth(MemberId.None, LogIndex.Zero, peers);
    }

    /// <summary>Voters that answered within the last election timeout, the leader itself included.</summary>
    public int ActiveVoters
    {
        get
        {
            var active = 0;
            foreach (var peer in peers)
                active += !peer.IsLearner && IsActive(peer.Member) ? 1 : 0;
            return active;
        }
    }

    public bool IsActive(MemberId member)
    {
        if (member == self)
            return true;
        foreach (var peer in peers)
        {
            if (peer.Member == member)
                return peer.RecentlyActive;
        }

        return false;
    }

    /// <summary>The voter that answers and is furthest, of those that may follow this leader; none when there is none.</summary>
    public MemberId FurthestVoter()
    {
        var best = default(PeerStatus);
        foreach (var peer in peers)
        {
            if (peer.Member == self || peer.IsLearner || !peer.RecentlyActive)
                continue;
            if (best.Member.IsNone || peer.Match > best.Match)
                best = peer;
        }

        return best.Member;
    }

    /// <summary>Entries that the member's log lacks; all of them for a member that is unknown.</summary>
    public ulong Lag(MemberId member)
    {
        foreach (var peer in peers)
        {
            if (peer.Member == member)
                return leaderMatch.Value - Math.Min(leaderMatch.Value, peer.Match.Value);
        }

        return leaderMatch.Value;
    }

    public bool IsCaughtUp(MemberId member, int percent)
    {
        foreach (var peer in peers)
        {
            if (peer.Member == member)
                return peer.RecentlyActive && (UInt128)peer.Match.Value * 100 >= (UInt128)leaderMatch.Value * (ulong)percent;
        }

        return false;
    }
}
