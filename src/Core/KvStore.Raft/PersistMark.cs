namespace KvStore.Raft;

/// <summary>
/// Names one Ready whose contents must be on disk. Marks grow; reporting one reports all before it, because the log is written in order.
/// </summary>
public readonly record struct PersistMark(ulong Sequence);
