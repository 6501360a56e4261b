namespace KvStore.Raft;

/// <summary>How a change is carried out.</summary>
public enum MembershipTransition : byte
{
    /// <summary>At once when at most one voter changes; otherwise joint, left automatically.</summary>
    Auto = 0,

    /// <summary>Through a joint membership that the leader leaves by itself.</summary>
    JointAutoLeave = 1,

    /// <summary>Through a joint membership that is left by a second proposal.</summary>
    JointExplicitLeave = 2,
}
