using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Simulation.Replica;

/// <summary>What the Consensus lane of a replica is told.</summary>
internal abstract record ReplicaMessage
{
    public sealed record Tick : ReplicaMessage;

    public sealed record Peer(PeerMessage Message) : ReplicaMessage;

    public sealed record Unreachable(MemberId Member) : ReplicaMessage;

    public sealed record Put(RequestId Request, int Key, ulong Value, int Ballast) : ReplicaMessage;

    public sealed record Get(RequestId Request, int Key) : ReplicaMessage;

    public sealed record Transfer(MemberId To) : ReplicaMessage;

    public sealed record Persisted(PersistMark Mark) : ReplicaMessage;

    public sealed record Snapshot(MemberId From, Term Term, SnapshotMark Mark, byte[] State) : ReplicaMessage;

    public sealed record SnapshotSent(MemberId To, LogIndex Index, bool Delivered) : ReplicaMessage;
}
