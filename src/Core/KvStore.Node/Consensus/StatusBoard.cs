using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Consensus;

/// <summary>Publishes what other threads may know of the Consensus lane. Written by the lane alone, after each batch.</summary>
internal sealed class StatusBoard
{
    private readonly List<PeerStatus> _peerBuffer = [];
    private IReadOnlyList<PeerStatus> _peers = [];
    private Instant _leaderSince;
    private MemberId _leader;
    private long _leaderChanges;
    private volatile NodeStatus _status;

    public StatusBoard(ClusterId cluster, MemberId self)
    {
        Self = self;
        _status = new NodeStatus { Cluster = cluster, Self = self };
    }

    public MemberId Self { get; }

    public bool IsRemoved { get; set; }

    public long ReadsConfirmed { get; set; }

    public long ReadsFailed { get; set; }

    public long ReadsTimedOut { get; set; }

    public long HeartbeatsLate { get; set; }

    /// <summary>Any thread.</summary>
    public NodeStatus Status => _status;

    public void OnLeaderChanged(MemberId leader, Instant now)
    {
        if (leader == _leader)
            return;
        _leader = leader;
        _leaderSince = now;
        _leaderChanges++;
    }

    /// <summary>How far the peers are is news of the last tick: it is wanted by people, not by calls.</summary>
    public void OnTick(RaftCore raft)
    {
        _peerBuffer.Clear();
        raft.CopyPeersTo(_peerBuffer);
        _peers = _peerBuffer.Count == 0 ? [] : [.. _peerBuffer];
    }

    public void Publish(RaftCore raft, MemberDirectory directory, Admission admission, bool isPublished)
    {
        // But whoever asks a new leader must not take its peers for dead until it ticks.
        if (raft.Role == RaftRole.Leader && _peers.Count == 0)
            OnTick(raft);
        var before = _status;
        var status = before with
        {
            Role = RoleOf(raft),
            Leader = raft.Leader,
            Term = raft.Term,
            CommitIndex = raft.CommitIndex,
            AppliedIndex = raft.AppliedIndex,
            Members = directory.Members,
            RemovedMembers = directory.Removed,
            ClusterVersion = directory.ClusterVersion,
            DowngradeTarget = directory.DowngradeTarget,
            LeaderSince = _leaderSince,
            Peers = _peers,
            IsPublished = isPublished,
            IsRemoved = IsRemoved,
            IsLeaving = raft.IsLeaving,
            IsStopping = admission.Closed is not null,
            Quarantine = raft.Quarantine,
            Counters = new NodeCounters
            {
                ProposalsAccepted = admission.Accepted,
                ProposalsFailed = admission.Failed,
                ProposalsHeld = admission.Held,
                LeaderChanges = _leaderChanges,
                ReadsConfirmed = ReadsConfirmed,
                ReadsFailed = ReadsFailed,
                ReadsTimedOut = ReadsTimedOut,
                HeartbeatsLate = HeartbeatsLate,
            },
        };
        _status = status;
    }

    private NodeRole RoleOf(RaftCore raft)
    {
        if (raft.Membership.IsLearner(Self))
            return NodeRole.Learner;
        return raft.Role switch
        {
            RaftRole.Leader => NodeRole.Leader,
            RaftRole.Follower => NodeRole.Follower,
            _ => NodeRole.Candidate,
        };
    }
}
