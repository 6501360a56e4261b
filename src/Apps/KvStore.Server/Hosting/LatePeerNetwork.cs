using KvStore.PeerTransport;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Server.Hosting;

/// <summary>
/// The node's door to the others before the transport exists: only a restored node knows the ids that the transport needs. Peers
/// that are set early are kept and handed over; frames sent early are dropped, as the door's contract allows.
/// </summary>
internal sealed class LatePeerNetwork : IPeerNetwork
{
    private readonly Lock _lock = new();
    private readonly Dictionary<MemberId, IReadOnlyList<string>> _early = [];
    private PeerNetwork? _network;

    public void Attach(PeerNetwork network)
    {
        lock (_lock)
        {
            foreach (var (member, urls) in _early)
                network.SetPeer(member, urls);
            _early.Clear();
            Volatile.Write(ref _network, network);
        }
    }

    public bool TrySend(MemberId to, PeerChannel channel, ReadOnlyMemory<byte> frame) =>
        Volatile.Read(ref _network) is { } network && network.TrySend(to, channel, frame);

    public void SetPeer(MemberId member, IReadOnlyList<string> urls)
    {
        lock (_lock)
        {
            if (_network is { } network)
                network.SetPeer(member, urls);
            else
                _early[member] = urls;
        }
    }

    public void RemovePeer(MemberId member)
    {
        lock (_lock)
        {
            if (_network is { } network)
                network.RemovePeer(member);
            else
                _early.Remove(member);
        }
    }
}
