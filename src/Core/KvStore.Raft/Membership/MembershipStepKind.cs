namespace KvStore.Raft;

public enum MembershipStepKind : byte
{
    /// <summary>A new voter, or a learner that is promoted.</summary>
    AddVoter = 0,

    /// <summary>A new learner, or a voter that is demoted.</summary>
    AddLearner = 1,

    Remove = 2,

    /// <summary>Nothing changes for raft (the member's addresses do).</summary>
    Update = 3,
}
