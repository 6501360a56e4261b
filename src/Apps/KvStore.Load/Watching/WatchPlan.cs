using KvStore.Grpc.Client;

namespace KvStore.Load.Watching;

/// <summary>Who watches what while others write.</summary>
public sealed record WatchPlan
{
    /// <summary>Connections of the watch streams; the writers have their own.</summary>
    public required IReadOnlyList<GrpcChannel> Channels { get; init; }

    /// <summary>Watchers in all.</summary>
    public required int Watchers { get; init; }

    /// <summary>Streams they share, spread over the connections in turn.</summary>
    public required int Streams { get; init; }

    /// <summary>Everything under this is watched.</summary>
    public required string Prefix { get; init; }

    /// <summary>Further streams with one watcher each that never read what they are sent.</summary>
    public int StuckStreams { get; init; }

    /// <summary>How long to wait, when the writers have stopped, for events that are still on their way.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(10);
}
