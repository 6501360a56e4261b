using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Peers;

/// <summary>A decoded frame.</summary>
internal readonly record struct PeerFrame
{
    public required PeerFrameKind Kind { get; init; }

    public required MemberId From { get; init; }

    /// <summary>Of kind Raft.</summary>
    public PeerMessage Message { get; init; }

    /// <summary>Of kind Snapshot.</summary>
    public SnapshotPart? Part { get; init; }
}
