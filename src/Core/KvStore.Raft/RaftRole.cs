namespace KvStore.Raft;

public enum RaftRole
{
    Follower = 0,

    /// <summary>Asks whether it would be elected, without raising its term.</summary>
    PreCandidate = 1,
    Candidate = 2,
    Leader = 3,
}
