using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Peers;

/// <summary>Puts messages into frames and hands them to the network. Used by several lanes: it keeps nothing but what never changes.</summary>
internal sealed class PeerPost(PeerCodec codec, IPeerNetwork network)
{
    private readonly PeerCodec _codec = codec;
    private readonly IPeerNetwork _network = network;

    /// <summary>False: the queue to that member is full or there is no way to it; the message is lost.</summary>
    public bool Send(in PeerMessage message) =>
        _network.TrySend(message.To, message.IsControl ? PeerChannel.Control : PeerChannel.Log, _codec.Encode(message));

    public bool Send(MemberId to, SnapshotPart part) => _network.TrySend(to, PeerChannel.Snapshot, _codec.Encode(to, part));

    public void SendRemoved(MemberId to) => _network.TrySend(to, PeerChannel.Control, _codec.EncodeRemoved(to));
}
