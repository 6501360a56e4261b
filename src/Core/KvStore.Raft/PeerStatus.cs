using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>How far a peer is, as the leader knows it.</summary>
public readonly record struct PeerStatus(
    MemberId Member, bool IsLearner, ReplicationState State, LogIndex Match, LogIndex Next, bool RecentlyActive, int InflightMessages, long InflightBytes);
