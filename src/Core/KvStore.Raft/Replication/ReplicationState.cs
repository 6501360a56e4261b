namespace KvStore.Raft;

/// <summary>How a leader sends to one peer.</summary>
public enum ReplicationState
{
    /// <summary>Where the logs agree is not known: one message at a time.</summary>
    Probe = 0,

    /// <summary>The logs agree: messages are sent ahead of their answers.</summary>
    Replicate = 1,

    /// <summary>The peer needs entries that the log no longer has: nothing is sent until a snapshot has gone over.</summary>
    Snapshot = 2,
}
