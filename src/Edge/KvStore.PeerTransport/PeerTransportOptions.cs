using KvStore.Grpc.Client;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.PeerTransport;

/// <summary>Who we are, and the limits of what waits for a peer.</summary>
public sealed record PeerTransportOptions
{
    public required ClusterId Cluster { get; init; }

    public required MemberId Self { get; init; }

    /// <summary>Our own peer URLs, told to members that do not know us yet (a learner just added).</summary>
    public IReadOnlyList<string> SelfUrls { get; init; } = [];

    /// <summary>Certificates shown to peers and asked of them; for https URLs.</summary>
    public TlsClientOptions? Tls { get; init; }

    /// <summary>Peers we open connections to because they spoke first. A cluster has seven members; whoever can speak could else make us dial without end.</summary>
    public int PeersMax { get; init; } = 64;

    /// <summary>
    /// Largest frame. A log frame carries up to 1 MiB of entries or one single entry of max-request-bytes; the room that receives has
    /// the same limit.
    /// </summary>
    public int FrameBytesMax { get; init; } = 16 * 1024 * 1024;

    /// <summary>Control frames that may wait: heartbeats and votes are some hundred bytes, and an old one is worth nothing.</summary>
    public long ControlQueueBytesMax { get; init; } = 256 * 1024;

    /// <summary>Log frames that may wait: some appends of 1 MiB each. Raft's own window (in-flight bytes) should be below it.</summary>
    public long LogQueueBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>Snapshot frames that may wait. Small: its sender waits for room, so more would only be memory.</summary>
    public long SnapshotQueueBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes put together for one write: one system call for many small frames, soon enough for each.</summary>
    public int BatchBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// Bytes that the sending lane writes itself instead of waking a thread for it: about what it copies, or encrypts, in the time of a
    /// wake-up.
    /// </summary>
    public int LaneBytesMax { get; init; } = 16 * 1024;

    /// <summary>Largest body of a member-to-member call, both ways (#22147).</summary>
    public int CallBytesMax { get; init; } = 1024 * 1024;

    /// <summary>Time for a connection to come up and be accepted.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Pause after the first failure; as etcd's dial rate.</summary>
    public TimeSpan ReconnectFirst { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest pause: about an election timeout, so that a member that is back is heard in time to vote.</summary>
    public TimeSpan ReconnectMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A ping after this much silence, and how long it may stay unanswered: a cut cable is noticed in ten seconds.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the round trip to each peer is measured.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Seed of the jitter; from entropy in production.</summary>
    public ulong Seed { get; init; } = 1;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal long QueueBytesMax(PeerChannel channel) => channel switch
    {
        PeerChannel.Control => ControlQueueBytesMax,
        PeerChannel.Log => LogQueueBytesMax,
        _ => SnapshotQueueBytesMax,
    };
}
