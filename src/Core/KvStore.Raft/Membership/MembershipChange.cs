namespace KvStore.Raft;

/// <summary>
/// A change of the membership. Its encoding in the entry is the caller's; one rule only is raft's: an entry of kind Membership
/// with empty data means <see cref="LeaveJoint"/>.
/// </summary>
public sealed record MembershipChange
{
    public static readonly MembershipChange LeaveJoint = new() { Steps = [] };

    public required IReadOnlyList<MembershipStep> Steps { get; init; }

    public MembershipTransition Transition { get; init; }

    public bool IsLeaveJoint => Steps.Count == 0;

    public static MembershipChange Of(MembershipStepKind kind, KvStore.Primitives.MemberId member) =>
        new() { Steps = [new MembershipStep(kind, member)] };
}
