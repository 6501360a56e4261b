namespace KvStore.Primitives;

/// <summary>What a member must have on disk before it speaks: its term, its vote in it, and the known commit index (raft paper, figure 2).</summary>
public readonly record struct HardState(Term Term, MemberId Vote, LogIndex Commit);
