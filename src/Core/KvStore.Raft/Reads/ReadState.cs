using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>A read may be answered from any state that has applied at least Index.</summary>
public readonly record struct ReadState(ulong Context, LogIndex Index);
