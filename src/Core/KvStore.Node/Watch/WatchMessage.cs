using KvStore.Mvcc;
using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>A message to the Watch lane. Made by the functions below; which properties have a meaning depends on the kind.</summary>
public readonly record struct WatchMessage
{
    public WatchMessageKind Kind { get; private init; }

    public WatchStreamId Stream { get; private init; }

    public IWatchStreamSink? Sink { get; private init; }

    public WatcherRequest? Request { get; private init; }

    public CommittedBatch? Batch { get; private init; }

    public IWatchHistory? History { get; private init; }

    public long WatchId { get; private init; }

    public int Frames { get; private init; }

    public long Bytes { get; private init; }

    public Instant Now { get; private init; }

    /// <summary>
    /// From the Apply lane after each commit, before the replies of that batch are completed: a client that has seen its write
    /// acknowledged then never gets it from a watch it creates "from now on". A batch that found the lane full is simply dropped:
    /// the lane sees the gap and reads it from history.
    /// </summary>
    public static WatchMessage Committed(CommittedBatch batch) => new() { Kind = WatchMessageKind.Committed, Batch = batch };

    public static WatchMessage OpenStream(WatchStreamId stream, IWatchStreamSink sink) =>
        new() { Kind = WatchMessageKind.OpenStream, Stream = stream, Sink = sink };

    public static WatchMessage CloseStream(WatchStreamId stream) => new() { Kind = WatchMessageKind.CloseStream, Stream = stream };

    public static WatchMessage CreateWatcher(WatchStreamId stream, WatcherRequest request) =>
        new() { Kind = WatchMessageKind.CreateWatcher, Stream = stream, Request = request };

    public static WatchMessage CancelWatcher(WatchStreamId stream, long watchId) =>
        new() { Kind = WatchMessageKind.CancelWatcher, Stream = stream, WatchId = watchId };

    public static WatchMessage RequestProgress(WatchStreamId stream) =>
        new() { Kind = WatchMessageKind.RequestProgress, Stream = stream };

    public static WatchMessage Credit(WatchStreamId stream, int frames, long bytes) =>
        new() { Kind = WatchMessageKind.Credit, Stream = stream, Frames = frames, Bytes = bytes };

    public static WatchMessage Tick(Instant now) => new() { Kind = WatchMessageKind.Tick, Now = now };

    public static WatchMessage StoreReplaced(IWatchHistory history) =>
        new() { Kind = WatchMessageKind.StoreReplaced, History = history };

    internal static WatchMessage CatchUp() => new() { Kind = WatchMessageKind.CatchUp };
}
