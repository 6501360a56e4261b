namespace KvStore.Grpc;

/// <summary>What the next bytes of a stream are.</summary>
public enum FrameResult
{
    /// <summary>Not a whole message yet; nothing was consumed.</summary>
    NeedMore,

    /// <summary>One message, consumed.</summary>
    Message,

    /// <summary>The prefix announces more than the limit; known as soon as the prefix is there.</summary>
    TooLarge,

    /// <summary>A whole message with the compressed flag. No codec is registered, as on etcd.</summary>
    Compressed,

    /// <summary>A flag byte that is neither 0 nor 1.</summary>
    BadFlag,
}
