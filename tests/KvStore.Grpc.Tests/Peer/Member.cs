using KvStore.Grpc.Server;
using KvStore.PeerTransport;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Grpc.Tests.Peer;

/// <summary>A transport with its listener and an inbox, without a node behind it.</summary>
internal sealed class Member : IAsyncDisposable
{
    private Member(PeerNetwork network, RoomHost host)
    {
        Network = network;
        Host = host;
    }

    public static readonly ClusterId Cluster = new(0xC1);

    public PeerNetwork Network { get; }

    public RecordingInbox Inbox { get; } = new();

    public RoomHost Host { get; }

    public MemberId Id => Network.Options.Self;

    public IReadOnlyList<string> Urls => [Network.Options.Tls is null ? Host.Endpoint : Host.TlsEndpoint];

    public static async Task<Member> StartAsync(
        ulong id, PeerEvents? events = null, Func<PeerTransportOptions, PeerTransportOptions>? change = null, TlsServerOptions? tls = null, int port = 0)
    {
        var options = new PeerTransportOptions
        {
            Cluster = Cluster,
            Self = new MemberId(id),
            Seed = id,
            ReconnectFirst = TimeSpan.FromMilliseconds(10),
            ReconnectMax = TimeSpan.FromMilliseconds(50),
        };
        var network = new PeerNetwork(change?.Invoke(options) ?? options, events);
        var host = await RoomHost.StartAsync(network.Register, network.RoomOptions(new GrpcRoomOptions()), tls: tls, port: port, rest: http => network.ReceiveAsync(http, CancellationToken.None));
        return new Member(network, host);
    }

    public void Meet(Member other) => Network.SetPeer(other.Id, other.Urls);

    public void Start() => Network.Start(Inbox);

    /// <summary>Sends until the queue takes it: frames are lost while there is no connection yet.</summary>
    public async Task SendUntilTakenAsync(Member to, PeerChannel channel, byte[] frame)
    {
        while (Network.ConnectedFor(to.Id) is null)
            await Task.Yield();
        Assert.True(Network.TrySend(to.Id, channel, frame));
    }

    public async ValueTask DisposeAsync()
    {
        await Network.DisposeAsync();
        await Host.DisposeAsync();
    }
}
