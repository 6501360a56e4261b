namespace KvStore.Node.Messages;

internal enum LeaseCallKind
{
    KeepAlive = 0,

    TimeToLive,

    /// <summary>Time to live, and the keys attached to the lease.</summary>
    TimeToLiveWithKeys,
}
