using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>One act of a change.</summary>
public readonly record struct MembershipStep(MembershipStepKind Kind, MemberId Member);
