using KvStore.PeerTransport;
using KvStore.Server.Logging;
using KvStore.Server.Metrics;
using Serilog;

namespace KvStore.Server.Hosting;

/// <summary>What the transport tells, as log lines and metrics.</summary>
internal static class PeerLog
{
    public static PeerEvents Events(ILogger logger, MetricsExposition metrics, Action onRemoved) => new()
    {
        OnConnected = (peer, channel) =>
        {
            metrics.Peers.OnConnected(peer, channel);
            logger.Info("established a stream to a member", ("member", peer.ToString()), ("channel", channel.ToString()));
        },
        OnDisconnected = (peer, channel, reason) =>
        {
            metrics.Peers.OnDisconnected(peer, channel);
            logger.Warn("lost a stream to a member", ("member", peer.ToString()), ("channel", channel.ToString()), ("error", reason));
        },
        OnUnreachable = (peer, reason) => logger.Warn("cannot reach a member", ("member", peer.ToString()), ("error", reason)),
        OnRefused = (remote, from, reason) => logger.Warn("rejected connection on peer endpoint", ("remote-addr", remote?.ToString()), ("member", from.ToString()), ("error", reason)),
        OnRefusedByPeer = (peer, status) =>
        {
            logger.Warn("a member refused this one", ("member", peer.ToString()), ("error", status.Message));
            if (status.Message == PeerHandshake.RemovedText)
                onRemoved();
        },
        OnRoundTrip = metrics.Peers.OnRoundTrip,
    };
}
