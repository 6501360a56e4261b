namespace KvStore.Node;

public enum MembershipRequestKind
{
    AddVoter = 0,
    AddLearner,
    Promote,
    Remove,
    Update,

    /// <summary>A learner that is there already is to be promoted by the leader.</summary>
    Adopt,
}
