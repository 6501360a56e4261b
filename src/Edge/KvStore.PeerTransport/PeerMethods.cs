using KvStore.Grpc;

namespace KvStore.PeerTransport;

/// <summary>
/// The methods between members. Their messages are opaque bytes, so no .proto describes them: frames are Node's (PeerCodec), call
/// bodies the caller's.
/// </summary>
internal static class PeerMethods
{
    private const string Service = "kvstore.peer.Peer";

    /// <summary>
    /// Where a stream is asked for: frames of one channel, in order, one way, each with gRPC's prefix, on an upgraded connection. Who accepts
    /// says nothing more but, perhaps, a <see cref="PeerFarewell"/>.
    /// </summary>
    public const string StreamPath = "/" + Service + "/Stream";

    /// <summary>The name of what the connection is upgraded to.</summary>
    public const string StreamProtocol = "kvstore-peer";

    /// <summary>A request to be answered by that member, named by a header.</summary>
    public static readonly RpcMethod Call = new(Service, "Call", RpcShape.Unary);

    /// <summary>Comes back as it went: measures the round trip.</summary>
    public static readonly RpcMethod Probe = new(Service, "Probe", RpcShape.Unary);
}
