namespace KvStore.Platform;

/// <summary>What a frame is about. Each has a stream of its own, so that a large one never delays an election.</summary>
public enum PeerChannel
{
    /// <summary>Heartbeats, votes and other small, urgent messages. Dropped when the queue is full.</summary>
    Control = 0,

    /// <summary>Log entries and their acknowledgements, forwarded proposals.</summary>
    Log = 1,

    /// <summary>Snapshot chunks. Sent only as fast as the receiver takes them.</summary>
    Snapshot = 2,
}
