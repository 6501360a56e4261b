namespace KvStore.Node.Watch;

/// <summary>How the Watch lane is; replaced as a whole at each tick, read by anybody.</summary>
public sealed record WatchStatistics(
    int Streams,
    int Watchers,
    int LaggingWatchers,
    int Ranges,
    long EventsSent,
    long FramesInFlight,
    long BytesInFlight)
{
    public static readonly WatchStatistics Empty = new(0, 0, 0, 0, 0, 0, 0);
}
