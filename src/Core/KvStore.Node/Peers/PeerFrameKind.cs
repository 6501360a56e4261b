namespace KvStore.Node.Peers;

/// <summary>What a frame between members holds. The numbers are on the wire.</summary>
internal enum PeerFrameKind : byte
{
    None = 0,

    /// <summary>A message of raft.</summary>
    Raft = 1,

    /// <summary>A part of a snapshot, or an answer to one.</summary>
    Snapshot = 2,

    /// <summary>"You were removed from the cluster": the answer to a member that does not know it yet (C1).</summary>
    Removed = 3,
}
