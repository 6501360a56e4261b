using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Simulation.Replica;

/// <summary>What the Log lane of a replica is told.</summary>
internal abstract record LogWork
{
    public sealed record Append(HardState? HardState, LogEntry[] Entries, PeerMessage[] AfterSync, PersistMark? Mark) : LogWork;

    public sealed record Start(SnapshotMark Mark, bool RemovePrefix) : LogWork;
}
