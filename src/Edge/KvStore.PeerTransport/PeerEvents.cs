using System.Net;
using KvStore.Grpc;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.PeerTransport;

/// <summary>What the transport tells the one who runs it, for logs and metrics. Any thread; must be quick and must not throw.</summary>
public sealed record PeerEvents
{
    /// <summary>A stream to a peer was accepted.</summary>
    public Action<MemberId, PeerChannel>? OnConnected { get; init; }

    /// <summary>A stream to a peer was lost, with the reason. Not repeated while the next attempts fail as well.</summary>
    public Action<MemberId, PeerChannel, string>? OnDisconnected { get; init; }

    /// <summary>No stream to a peer could be made, and why. Said again when the reason changes, or after there was one.</summary>
    public Action<MemberId, string>? OnUnreachable { get; init; }

    /// <summary>
    /// A peer refused us: wrong cluster, wrong member, or we were removed (<see cref="PeerHandshake.RemovedText"/>, upon which a
    /// member stops). Said again when the reason changes.
    /// </summary>
    public Action<MemberId, GrpcStatus>? OnRefusedByPeer { get; init; }

    /// <summary>We refused somebody: his address, whom he said to be, and why.</summary>
    public Action<EndPoint?, MemberId, string>? OnRefused { get; init; }

    /// <summary>A round trip to a peer, measured.</summary>
    public Action<MemberId, TimeSpan>? OnRoundTrip { get; init; }
}
