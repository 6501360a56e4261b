using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Server.Hosting;

/// <summary>
/// The node's door to the others before the transport exists: only a restored node knows the ids that the transport needs. Peers
/// that are set or removed early are kept and handed over; frames sent early are dropped, as the door's contract allows.
/// </summary>
internal sealed class LatePeerNetwork : IPeerNetwork
{
    // A restarted member says once, and that is early, whom it must refuse from now on (C1).
    private readonly HashSet<MemberId> _removedEarly = [];

    private readonly Lock _lock = new();
    private readonly Dictionary<MemberId, IReadOnlyList<string>> _early = [];
    private IPeerNetwork? _network;

    public void Attach(IPeerNetwork network)
    {
        lock (_lock)
        {
            foreach (var (member, urls) in _early)
                network.SetPeer(member, urls);
            foreach (var member in _removedEarly)
                network.RemovePeer(member);
            _early.Clear();
            _removedEarly.Clear();
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
            {
                network.SetPeer(member, urls);
                return;
            }

            _early[member] = urls;
            _removedEarly.Remove(member);
        }
    }

    public void RemovePeer(MemberId member)
    {
        lock (_lock)
        {
            if (_network is { } network)
            {
                network.RemovePeer(member);
                return;
            }

            _early.Remove(member);
            _removedEarly.Add(member);
        }
    }
}
