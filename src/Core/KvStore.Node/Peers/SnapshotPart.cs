using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Peers;

/// <summary>
/// What travels on the snapshot channel. The id is the sender's and names one transfer. A snapshot travels as the records of the
/// store, not as files of its engine: members may run different engines or versions of one, and the receiver's store is built clean.
/// </summary>
internal abstract record SnapshotPart(ulong Id)
{
    /// <summary>Leader to member, first: the last entry the snapshot contains and the membership there. Term is the leader's.</summary>
    public sealed record Manifest(ulong Id, SnapshotMark Mark, Term Term) : SnapshotPart(Id);

    /// <summary>Leader to member: the next records. Sequence counts from 0; Sum is the CRC-32C of the records of all chunks up to and including this one.</summary>
    public sealed record Chunk(ulong Id, ulong Sequence, bool IsLast, uint Sum, ReadOnlyMemory<byte> Records) : SnapshotPart(Id);

    /// <summary>Member to leader: every chunk below Next is in its store. Also the answer to the manifest, with Next = 0.</summary>
    public sealed record Received(ulong Id, ulong Next) : SnapshotPart(Id);

    /// <summary>Member to leader: the snapshot is complete and durable here, or not needed.</summary>
    public sealed record Complete(ulong Id) : SnapshotPart(Id);

    /// <summary>Member to leader: this transfer leads nowhere (another one is under way, a chunk is missing or wrong).</summary>
    public sealed record Refused(ulong Id) : SnapshotPart(Id);
}
