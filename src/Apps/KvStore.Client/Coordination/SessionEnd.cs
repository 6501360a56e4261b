namespace KvStore.Client;

/// <summary>Why a session is over.</summary>
public enum SessionEnd
{
    /// <summary>Its owner has closed it.</summary>
    Closed,

    /// <summary>The server says that the lease is gone: expired or revoked. What was put with it is deleted.</summary>
    LeaseGone,

    /// <summary>
    /// Nobody could renew the lease within its time. It may live on for a while or be gone: its owner must not rely on it any more.
    /// </summary>
    NotRenewed,
}
