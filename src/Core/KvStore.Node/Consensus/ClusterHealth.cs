using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Consensus;

/// <summary>Who answers the leader, and how far each is. Made from raft's progress at the moment of a question.</summary>
internal sealed class ClusterHealth(MemberId self, LogIndex leaderMatch, IReadOnlyList<PeerStatus> peers)
{
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
