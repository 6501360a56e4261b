using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>Which entry of the log the state is the result of.</summary>
public readonly record struct AppliedState(LogIndex Index, Term Term);
