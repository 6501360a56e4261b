using KvStore.Grpc;

namespace KvStore.PeerTransport;

/// <summary>
/// The methods between members. Their messages are opaque bytes, so no .proto describes them: frames are Node's (PeerCodec), call
/// bodies the caller's.
/// </summary>
internal static class PeerMethods
{
    private const string Service = "kvstore.peer.Peer";

    /// <summary>Frames of one channel, in order, one way. The server answers with its headers when it accepts, and with nothing more.</summary>
    public static readonly RpcMethod Stream = new(Service, "Stream", RpcShape.Duplex);

    /// <summary>A request to be answered by that member, named by a header.</summary>
    public static readonly RpcMethod Call = new(Service, "Call", RpcShape.Unary);

    /// <summary>Comes back as it went: measures the round trip.</summary>
    public static readonly RpcMethod Probe = new(Service, "Probe", RpcShape.Unary);
}
