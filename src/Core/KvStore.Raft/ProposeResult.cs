namespace KvStore.Raft;

/// <summary>What became of a proposal. Accepted and forwarded promise nothing: only the applied entry does (R16).</summary>
public enum ProposeResult
{
    /// <summary>In this leader's log.</summary>
    Accepted = 0,

    /// <summary>On its way to the leader.</summary>
    Forwarded = 1,

    /// <summary>No leader is known, or it may not be forwarded. Retriable.</summary>
    NoLeader = 2,

    /// <summary>Too many uncommitted bytes. Retriable.</summary>
    Overloaded = 3,

    /// <summary>Leadership is being handed over. Retriable.</summary>
    Transferring = 4,

    /// <summary>An earlier change of the membership is not applied yet, or the leader has not committed in its term (R14). Retriable.</summary>
    MembershipChangePending = 5,

    /// <summary>The change cannot be made to this membership.</summary>
    InvalidMembershipChange = 6,
}
