using System.Collections.Concurrent;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Grpc.Server;
using KvStore.Platform;
using KvStore.Primitives;
using Microsoft.AspNetCore.Http;

namespace KvStore.PeerTransport;

/// <summary>
/// The way to the other members: one connection per peer, channel and direction, upgraded to a bare stream of frames, so that a large
/// frame never delays an election and a small one passes no HTTP/2 on its way; calls are gRPC, on a connection of their own. It knows bytes, not raft. Made first, given to Node as a door, then started with Node's inbox.
/// </summary>
public sealed class PeerNetwork : IPeerNetwork, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<MemberId, PeerLink> _links = new();
    private readonly ConcurrentDictionary<MemberId, PeerCounters> _counters = new();
    private readonly ConcurrentDictionary<MemberId, bool> _removed = new();
    private readonly ConcurrentDictionary<PeerLink, Task> _stopping = new();
    private readonly PeerReception _reception;
    private readonly Prng _jitter;
    private IPeerInbox? _inbox;
    private bool _isDisposed;

    public PeerNetwork(PeerTransportOptions options, PeerEvents? events = null)
    {
        Options = options;
        Events = events ?? new PeerEvents();
        _jitter = new Prng(options.Seed);
        _reception = new PeerReception(this);
    }

    public PeerTransportOptions Options { get; }

    /// <summary>Per peer, also of peers that were removed since the start.</summary>
    public IEnumerable<PeerCounters> Counters => _counters.Values;

    internal PeerEvents Events { get; }

    internal IPeerInbox? Inbox => Volatile.Read(ref _inbox);

    /// <summary>From here on frames are delivered; before, peers are told that we are starting. Peers set before are connected to.</summary>
    public void Start(IPeerInbox inbox)
    {
        lock (_lock)
        {
            Volatile.Write(ref _inbox, inbox);
            foreach (var link in _links.Values)
                link.Start();
        }
    }

    /// <summary>Adds the methods of the peer listener to its table; that listener's room must not be the clients'.</summary>
    public void Register(GrpcServiceTable table) => _reception.Register(table);

    /// <summary>
    /// Takes the streams of others; what that listener's room hands on. A request for anything else is answered with "not found". Streams end
    /// when <paramref name="stopping"/> does.
    /// </summary>
    public Task ReceiveAsync(HttpContext http, CancellationToken stopping) => _reception.ReceiveAsync(http, stopping);

    /// <summary>The options a room needs to receive our frames.</summary>
    public GrpcRoomOptions RoomOptions(GrpcRoomOptions options) => options with { ReceiveBytesMax = Options.FrameBytesMax, Time = Options.Time };

    /// <summary>Answers calls of that name. Strangers are callers that are no members yet and know no cluster id (bootstrap).</summary>
    public void Handle(string method, PeerCallHandler handler, bool openToStrangers = false) => _reception.Handle(method, handler, openToStrangers);

    /// <summary>Asks another member. Throws <see cref="GrpcException"/>: Unavailable when it cannot be reached, or what its handler threw.</summary>
    public Task<ReadOnlyMemory<byte>> CallAsync(
        MemberId member, string method, ReadOnlyMemory<byte> body, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        _links.TryGetValue(member, out var link)
            ? link.CallAsync(method, body, timeout, cancellationToken)
            : Task.FromException<ReadOnlyMemory<byte>>(new GrpcException(StatusCode.Unavailable, $"member {member} is not known") { NeverSent = true });

    /// <summary>Asks whoever answers at one of these peer URLs, as a stranger: for a member that joins and knows nobody's id.</summary>
    public static async Task<ReadOnlyMemory<byte>> AskAsync(
        IReadOnlyList<string> urls, string method, ReadOnlyMemory<byte> body, TlsClientOptions? tls, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        using var connection = new GrpcChannel(urls, new GrpcChannelOptions { Tls = tls, ConnectTimeout = timeout });
        var headers = new Metadata();
        headers.Add(PeerHandshake.MethodHeader, method);
        return await connection.UnaryAsync(PeerMethods.Call.Path, body, new CallOptions { Headers = headers, Timeout = timeout }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How long the log stream to that member has been up; null while it is not.</summary>
    public TimeSpan? ConnectedFor(MemberId member) => _links.TryGetValue(member, out var link) ? link.ConnectedFor : null;

    public bool TrySend(MemberId to, PeerChannel channel, ReadOnlyMemory<byte> frame) => _links.TryGetValue(to, out var link) && link.TrySend(channel, frame);

    public void SetPeer(MemberId member, IReadOnlyList<string> urls)
    {
        Check.That(member != Options.Self && !member.IsNone, "a member is no peer of itself");
        lock (_lock)
        {
            if (_isDisposed || urls.Count == 0 || (_links.TryGetValue(member, out var before) && before.Urls.SequenceEqual(urls)))
                return;
            _removed.TryRemove(member, out _);
            var link = new PeerLink(this, member, [.. urls], CountersOf(member), _jitter.Fork());
            Retire(member);
            _links[member] = link;
            if (Inbox is not null)
                link.Start();
        }
    }

    public void RemovePeer(MemberId member)
    {
        lock (_lock)
        {
            _removed[member] = true;
            Retire(member);
        }

        _reception.CutOff(member);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isDisposed = true;
            foreach (var member in _links.Keys)
                Retire(member);
        }

        await Task.WhenAll(_stopping.Values).ConfigureAwait(false);
    }

    internal static GrpcChannel OpenConnection(IReadOnlyList<string> urls, PeerTransportOptions options) => new(urls, new GrpcChannelOptions
    {
        Tls = options.Tls,
        ConnectTimeout = options.ConnectTimeout,
        KeepAliveTime = options.KeepAlive,
        KeepAliveTimeout = options.KeepAlive,
        ReceiveBytesMax = options.CallBytesMax,
        Time = options.Time,
        UserAgent = "kvstore-peer/" + PeerHandshake.ProtocolVersion.ToString(System.Globalization.CultureInfo.InvariantCulture),
    });

    internal PeerCounters CountersOf(MemberId member) => _counters.GetOrAdd(member, static id => new PeerCounters(id));

    internal bool WasRemoved(MemberId member) => _removed.ContainsKey(member);

    internal void OnUnreachable(MemberId member) => Inbox?.OnUnreachable(member);

    /// <summary>A member we have not learned of yet speaks to us; it says where it can be answered.</summary>
    internal void Meet(PeerHandshake handshake)
    {
        if (!_links.ContainsKey(handshake.From) && handshake.FromUrls.Count > 0 && _links.Count < Options.PeersMax)
            SetPeer(handshake.From, handshake.FromUrls);
    }

    private void Retire(MemberId member)
    {
        if (!_links.TryRemove(member, out var link))
            return;
        var stopping = link.DisposeAsync().AsTask();
        _stopping[link] = stopping;
        _ = stopping.ContinueWith(_ => _stopping.TryRemove(link, out Task? _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
