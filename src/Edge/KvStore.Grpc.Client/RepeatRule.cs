namespace KvStore.Grpc.Client;

/// <summary>When a failed unary call may be sent again. Only the caller knows whether doing it twice does harm.</summary>
public enum RepeatRule
{
    Never,

    /// <summary>Only when no connection could be made, at each other endpoint once. Safe for every method.</summary>
    IfNeverSent,

    /// <summary>Also after `Unavailable`, in rounds over the endpoints: for reads and for what is idempotent.</summary>
    IfUnavailable,
}
