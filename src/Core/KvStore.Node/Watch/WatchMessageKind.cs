namespace KvStore.Node.Watch;

public enum WatchMessageKind
{
    /// <summary>A batch was committed and published; its events follow the ones before it.</summary>
    Committed,

    /// <summary>A stream begins.</summary>
    OpenStream,

    /// <summary>A stream is over; its watchers go with it.</summary>
    CloseStream,

    CreateWatcher,

    CancelWatcher,

    /// <summary>The client asks how far its whole stream is.</summary>
    RequestProgress,

    /// <summary>Frames of a stream have left this member: their credit returns.</summary>
    Credit,

    /// <summary>Time has passed: progress notifications, healing, statistics.</summary>
    Tick,

    /// <summary>A snapshot replaced the store; history is read from the new one.</summary>
    StoreReplaced,

    /// <summary>The lane to itself: lagging watchers can go on.</summary>
    CatchUp,
}
