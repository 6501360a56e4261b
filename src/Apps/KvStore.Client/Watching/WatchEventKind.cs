namespace KvStore.Client;

/// <summary>What happened to a key.</summary>
public enum WatchEventKind
{
    /// <summary>It was set.</summary>
    Put,

    /// <summary>It was deleted, or its lease ended.</summary>
    Delete,
}
