using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>The point of the log that a snapshot replaces: everything up to and including Index, and the membership there.</summary>
public readonly record struct SnapshotMark(LogIndex Index, Term Term, Membership Membership);
