using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>The limits of the Watch lane.</summary>
public sealed record WatchOptions
{
    /// <summary>Frames of events a stream may have on the way to its client; etcd buffers as many responses.</summary>
    public int StreamFramesMax { get; init; } = 128;

    /// <summary>Bytes of events a stream may have on the way; what one stuck client costs, plus at most one frame.</summary>
    public long StreamBytesMax { get; init; } = 1 << 20;

    /// <summary>
    /// Bytes of events after which a response ends at the next revision, so that a watcher with much to catch up does not fill
    /// the way of the others on its stream. One revision is never split for it.
    /// </summary>
    public long FrameBytesMax { get; init; } = 256 << 10;

    /// <summary>A response of at least this size is split if its watcher allows it: --max-request-bytes + 512 KiB, as in etcd.</summary>
    public long FragmentBytes { get; init; } = (1536 << 10) + (512 << 10);

    /// <summary>Revisions read from history in one slice, so that live events wait for a slice and not for a whole catch-up; etcd's number.</summary>
    public int SliceRevisionsMax { get; init; } = 1000;

    /// <summary>Bytes of events read from history in one slice; ends at the next revision.</summary>
    public long SliceBytesMax { get; init; } = 1 << 20;

    /// <summary>Lagging watchers that share one slice; etcd's number.</summary>
    public int SliceWatchersMax { get; init; } = 512;

    /// <summary>--watch-progress-notify-interval: a watcher that asked for it hears of progress after this time without events.</summary>
    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Watchers of one member. A guess at about 1 GiB of registry; etcd has no limit and dies of it.</summary>
    public int WatchersMax { get; init; } = 2_000_000;

    /// <summary>Spreads progress notifications and seeds hashing of keys, which clients choose.</summary>
    public required Prng Prng { get; init; }
}
