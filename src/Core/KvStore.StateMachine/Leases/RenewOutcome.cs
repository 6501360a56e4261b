namespace KvStore.StateMachine;

/// <summary>How a keep-alive ended.</summary>
public enum RenewOutcome
{
    /// <summary>The lease lives its full TTL from now on.</summary>
    Renewed = 0,

    /// <summary>There is no such lease: the answer is TTL 0.</summary>
    NotFound,

    /// <summary>This member does not keep the leases' time; the leader does.</summary>
    NotPrimary,

    /// <summary>
    /// The lease has expired but is not revoked yet. The caller waits until it is gone (then TTL 0) or this member is no
    /// longer primary.
    /// </summary>
    Expired,

    /// <summary>
    /// A checkpoint says that less than the full TTL remains. Before the lease can be renewed, a checkpoint of 0 must be applied
    /// (or a new leader would let it expire early); then the caller tries again.
    /// </summary>
    CheckpointFirst,
}
