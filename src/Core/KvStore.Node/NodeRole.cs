namespace KvStore.Node;

public enum NodeRole
{
    Follower = 0,
    Candidate,
    Leader,
    Learner,
}
