using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Simulation.World;

/// <summary>The network between the members: drops, duplicates, delays, reorders and damages frames, and is cut one way at a time.</summary>
public sealed class SimulatedNetwork
{
    /// <summary>How often a full inbox is tried again before the connection is given up.</summary>
    private const int DeliveriesMax = 20;

    private readonly SimulatedWorld _world;
    private readonly SortedDictionary<MemberId, (SimulatedProcess Process, IPeerInbox Inbox)> _members = [];
    private readonly Dictionary<SimulatedProcess, Link> _links = [];
    private readonly HashSet<(MemberId From, MemberId To)> _cuts = [];
    private readonly Dictionary<(MemberId From, MemberId To, PeerChannel Channel), Instant> _lastArrival = [];

    public SimulatedNetwork(SimulatedWorld world) => _world = world;

    public NetworkFaults Faults { get; set; } = NetworkFaults.None;

    public long Delivered { get; private set; }

    /// <summary>The way out of one process.</summary>
    public IPeerNetwork LinkOf(SimulatedProcess process) => _links[process] = new Link(this, process);

    /// <summary>From now on frames to this member arrive here.</summary>
    public void Connect(SimulatedProcess process, IPeerInbox inbox) => _members[process.Member] = (process, inbox);

    /// <summary>Nothing gets through in this direction.</summary>
    public void Cut(MemberId from, MemberId to) => _cuts.Add((from, to));

    public void Heal() => _cuts.Clear();

    /// <summary>Cuts one member off from some others, one way or both, or heals what is cut.</summary>
    public void CutSome(IEnumerable<MemberId> members, Prng chance)
    {
        if (chance.Chance(1, 3))
        {
            Heal();
            return;
        }

        MemberId[] all = [.. members];
        var one = all[chance.Below(all.Length)];
        var oneWay = chance.Chance(1, 2);
        _world.Sometimes(oneWay ? "fault: cut one way" : "fault: cut both ways");
        foreach (var other in all)
        {
            if (other == one || chance.Chance(1, 3))
                continue;
            Cut(one, other);
            if (!oneWay)
                Cut(other, one);
        }
    }

    private void Send(SimulatedProcess sender, MemberId to, PeerChannel channel, ReadOnlyMemory<byte> frame)
    {
        var chance = _world.Chance;
        if (_cuts.Contains((sender.Member, to)))
        {
            if (chance.Chance(1, 20))
                TellUnreachable(sender, to);
            return;
        }

        if (chance.Chance(Faults.DroppedPerMille, 1000))
        {
            _world.Sometimes("fault: frame dropped");
            return;
        }

        Transmit(sender, to, channel, frame);
        if (chance.Chance(Faults.DuplicatedPerMille, 1000) && (Faults.DuplicatesLogFrames || channel != PeerChannel.Log))
        {
            _world.Sometimes("fault: frame duplicated");
            Transmit(sender, to, channel, frame);
        }
    }

    private void Transmit(SimulatedProcess sender, MemberId to, PeerChannel channel, ReadOnlyMemory<byte> frame)
    {
        var chance = _world.Chance;
        var isLate = chance.Chance(Faults.LatePerMille, 1000);
        if (isLate)
            _world.Sometimes("fault: frame late");
        var delay = _world.Between(Faults.DelayMin, isLate ? Faults.LateMax : Faults.DelayMax);
        var arrival = _world.Now + delay;
        var way = (sender.Member, to, channel);
        if (!chance.Chance(Faults.ReorderedPerMille, 1000))
        {
            if (_lastArrival.TryGetValue(way, out var last) && arrival < last)
                arrival = last;
            _lastArrival[way] = arrival;
        }
        else
        {
            _world.Sometimes("fault: frame reordered");
        }

        // Copied: the receiver owns what arrives.
        var copy = frame.ToArray();
        if (copy.Length > 0 && chance.Chance(Faults.CorruptedPerMille, 1000))
        {
            _world.Sometimes("fault: frame damaged");
            copy[chance.Below(copy.Length)] ^= (byte)(1 << chance.Below(8));
        }

        _world.After(arrival - _world.Now, () => Deliver(sender, to, channel, copy, 0));
    }

    private void Deliver(SimulatedProcess sender, MemberId to, PeerChannel channel, byte[] frame, int attempt)
    {
        if (!_members.TryGetValue(to, out var target) || !target.Process.IsAlive)
        {
            TellUnreachable(sender, to);
            return;
        }

        if (_cuts.Contains((sender.Member, to)))
            return;
        if (_links.TryGetValue(target.Process, out var link) && !link.Admits(sender.Member))
        {
            _world.Sometimes("a removed member was refused");
            return;
        }

        target.Process.Run(() =>
        {
            if (target.Inbox.TryReceive(sender.Member, channel, frame))
                Delivered++;
            else if (channel != PeerChannel.Control && attempt < DeliveriesMax)
                _world.After(TimeSpan.FromMilliseconds(1), () => Deliver(sender, to, channel, frame, attempt + 1));
        });
    }

    private void TellUnreachable(SimulatedProcess sender, MemberId to)
    {
        if (_members.TryGetValue(sender.Member, out var self) && self.Process == sender)
            sender.Run(() => self.Inbox.OnUnreachable(to));
    }

    private sealed class Link(SimulatedNetwork network, SimulatedProcess process) : IPeerNetwork
    {
        private readonly SortedSet<MemberId> _peers = [];
        private readonly SortedSet<MemberId> _removed = [];

        public bool TrySend(MemberId to, PeerChannel channel, ReadOnlyMemory<byte> frame)
        {
            if (!_peers.Contains(to))
                return false;
            network.Send(process, to, channel, frame);
            return true;
        }

        public void SetPeer(MemberId member, IReadOnlyList<string> urls)
        {
            _removed.Remove(member);
            _peers.Add(member);
        }

        public void RemovePeer(MemberId member)
        {
            _peers.Remove(member);
            _removed.Add(member);
        }

        /// <summary>
        /// As the real transport: who was removed is refused; who is not known yet names its addresses, and is answered there. A member
        /// that lags behind knows no other way to a leader which came after it.
        /// </summary>
        public bool Admits(MemberId sender)
        {
            if (_removed.Contains(sender))
                return false;
            _peers.Add(sender);
            return true;
        }
    }
}
