namespace KvStore.StateMachine;

/// <summary>Where a member stands while the membership is joint; the numbers are those of the stored record.</summary>
public enum MemberStage
{
    /// <summary>In both sets of voters, or a learner; everybody outside a joint membership.</summary>
    Settled = 0,

    /// <summary>A voter of the incoming set only: the change that is under way promoted it.</summary>
    Joining = 1,

    /// <summary>A voter of the outgoing set only: it is removed when the joint membership is left, and counts until then.</summary>
    Leaving = 2,
}
