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

    /// <summary>Their connections: with <see cref="StuckOptions"/>, so that they are stuck after as few events as the protocol allows.</summary>
    public IReadOnlyList<GrpcChannel> StuckChannels { get; init; } = [];

    /// <summary>The smallest window a stream begins with (RFC 9113 section 6.9.2).</summary>
    public static GrpcChannelOptions StuckOptions { get; } = new() { InitialStreamWindowBytes = 65_535 };

    /// <summary>How long to wait, when the writers have stopped, for events that are still on their way.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(10);
}
