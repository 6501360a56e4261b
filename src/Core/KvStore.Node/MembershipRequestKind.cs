namespace KvStore.Node;

public enum MembershipRequestKind
{
    AddVoter = 0,
    AddLearner,
    Promote,
    Remove,
    Update,
}
