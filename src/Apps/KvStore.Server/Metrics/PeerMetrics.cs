using System.Collections.Concurrent;
using KvStore.Api.Metrics;
using KvStore.Node;
using KvStore.PeerTransport;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Server.Metrics;

/// <summary>How the connections to the other members are. Any thread.</summary>
internal sealed class PeerMetrics
{
    private static readonly double[] RoundTripSeconds = Histogram.Exponential(0.0001, 2, 16);

    private readonly ConcurrentDictionary<MemberId, Histogram> _roundTrips = new();
    private readonly ConcurrentDictionary<(MemberId Peer, PeerChannel Channel), bool> _connected = new();
    private readonly ConcurrentDictionary<MemberId, long> _disconnections = new();

    public void OnConnected(MemberId peer, PeerChannel channel) => _connected[(peer, channel)] = true;

    public void OnDisconnected(MemberId peer, PeerChannel channel)
    {
        _connected.TryRemove((peer, channel), out _);
        _disconnections.AddOrUpdate(peer, 1, static (_, count) => count + 1);
    }

    public void OnRoundTrip(MemberId peer, TimeSpan time) =>
        _roundTrips.GetOrAdd(peer, static peer => new Histogram("etcd_network_peer_round_trip_time_seconds", RoundTripSeconds, $"To=\"{peer}\"")).Observe(time);

    public void WriteTo(PrometheusText text, NodeStatus status, IEnumerable<PeerCounters> counters)
    {
        var others = status.Members.Select(member => member.Id).Where(id => id != status.Self).ToArray();
        string Pair(MemberId peer) => $"Local=\"{status.Self}\",Remote=\"{peer}\"";
        text.Family("etcd_network_known_peers");
        foreach (var peer in others)
            text.Sample("etcd_network_known_peers", Pair(peer), 1);
        text.Family("etcd_network_active_peers");
        foreach (var peer in others)
            text.Sample("etcd_network_active_peers", Pair(peer), _connected.Keys.Any(connection => connection.Peer == peer) ? 1 : 0);
        text.Family("etcd_network_disconnected_peers_total");
        foreach (var (peer, count) in _disconnections.OrderBy(entry => entry.Key.Value))
            text.Sample("etcd_network_disconnected_peers_total", Pair(peer), count);
        WriteCounters(text, [.. counters.OrderBy(peer => peer.Member.Value)]);
        text.Family("etcd_network_peer_round_trip_time_seconds");
        foreach (var (_, times) in _roundTrips.OrderBy(entry => entry.Key.Value))
            times.WriteTo(text);
    }

    private static void WriteCounters(PrometheusText text, PeerCounters[] peers)
    {
        (string Name, string Label, Func<PeerCounters, long> Value)[] families =
        [
            ("etcd_network_peer_sent_bytes_total", "To", peer => peer.BytesSent),
            ("etcd_network_peer_received_bytes_total", "From", peer => peer.BytesReceived),
            ("etcd_network_peer_sent_failures_total", "To", peer => peer.SendFailures),
            ("etcd_network_peer_received_failures_total", "From", peer => peer.ReceiveFailures),
        ];
        foreach (var (name, label, value) in families)
        {
            text.Family(name);
            foreach (var peer in peers)
                text.Sample(name, $"{label}=\"{peer.Member}\"", value(peer));
        }
    }
}
