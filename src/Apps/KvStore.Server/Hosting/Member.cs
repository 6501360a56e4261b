using System.Diagnostics;
using KvStore.Api;
using KvStore.Api.Calls;
using KvStore.Api.Members;
using KvStore.Grpc.Server;
using KvStore.Hosting;
using KvStore.Node;
using KvStore.PeerTransport;
using KvStore.RocksDb;
using KvStore.Server.Configuration;
using KvStore.Server.Logging;
using KvStore.Server.Metrics;
using Microsoft.AspNetCore.Builder;
using Serilog;

namespace KvStore.Server.Hosting;

/// <summary>
/// The composition root: puts the real doors around a node and the listeners in front of it. Started and stopped once; the order
/// of both is the content of this type.
/// </summary>
internal sealed class Member : IAsyncDisposable
{
    private const string PeerUrls = "listen-peer-urls";

    private static readonly TimeSpan ReadyPoll = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan EndPoll = TimeSpan.FromMilliseconds(100);

    /// <summary>A removed member still answers for so long: who removed it through this member gets the answer.</summary>
    private static readonly TimeSpan RemovedGrace = TimeSpan.FromSeconds(1);

    /// <summary>How long a leader that was removed waits at most to hear that the others know: as long as they keep a way to it.</summary>
    private static readonly TimeSpan LeavingMax = TimeSpan.FromMinutes(1);

    private readonly ServerOptions _options;
    private readonly ILogger _logger;
    private IDisposable? _tracing;
    private readonly TaskCompletionSource<int> _ending;
    private readonly CancellationTokenSource _stopping = new();
    private readonly MonotonicClock _clock = new(TimeProvider.System);
    private readonly MetricsExposition _metrics;
    private readonly ThreadLaneFactory _lanes;
    private readonly PendingCalls _calls;
    private readonly ApiOptions _apiOptions;
    private readonly AuthSetup _auth;
    private readonly ListenSockets _sockets;
    private readonly DescriptorBudget _descriptors;
    private KvNode? _node;
    private PeerNetwork? _network;
    private EtcdServices? _services;
    private TickPump? _ticks;
    private WebApplication? _peerListener;
    private ClientListeners? _clientListeners;
    private Task _serving = Task.CompletedTask;
    private volatile bool _wasToldRemoved;

    private Member(ServerOptions options, ILogger logger, TaskCompletionSource<int> ending)
    {
        _options = options;
        _logger = logger;
        _ending = ending;
        _sockets = new ListenSockets(options.SharesPorts);
        _descriptors = DescriptorBudget.Of(logger);
        _metrics = new MetricsExposition(options);
        _lanes = new ThreadLaneFactory((lane, exception) => MemberProcess.Crash(logger, lane, exception));
        _apiOptions = new ApiOptions
        {
            Time = TimeProvider.System,
            EtcdVersion = HelpText.ApiVersion,
            RequestBytesMax = options.RequestBytesMax,
            TxnOpsMax = options.TxnOperationsMax,
            QuotaBytes = options.QuotaBytes,
            TickInterval = options.HeartbeatInterval,
            ElectionTicks = NodeSetup.ElectionTicks(options),
        };
        _calls = new PendingCalls(_apiOptions);
        _auth = new AuthSetup(options, logger, TimeProvider.System);
    }

    public static async Task<Member> StartAsync(ServerOptions options, ILogger logger, TaskCompletionSource<int> ending, CancellationToken stop)
    {
        var member = new Member(options, logger, ending);
        try
        {
            await member.StartAsync(stop).ConfigureAwait(false);
            return member;
        }
        catch
        {
            await member.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Streams end first, then leadership moves, then listeners close, then lanes end, then files close.</summary>
    public async ValueTask DisposeAsync()
    {
        var started = Stopwatch.GetTimestamp();
        if (_node is { } node && _services is not null)
            await HandOverAsync(node).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _serving.ConfigureAwait(false);
        if (_clientListeners is not null)
            await _clientListeners.DisposeAsync().ConfigureAwait(false);
        if (_peerListener is not null)
        {
            await _peerListener.StopAsync().ConfigureAwait(false);
            await _peerListener.DisposeAsync().ConfigureAwait(false);
        }

        _sockets.Dispose();
        _ticks?.Dispose();
        if (_network is not null)
            await _network.DisposeAsync().ConfigureAwait(false);
        _lanes.Dispose();
        _node?.Dispose();
        _services?.Dispose();
        _calls.Dispose();
        _auth.Dispose();
        _tracing?.Dispose();
        _stopping.Dispose();
        if (_node is not null)
            _logger.Info("closed the member", ("took", Stopwatch.GetElapsedTime(started)));
    }

    private async Task StartAsync(CancellationToken stop)
    {
        _logger.Info("starting", ("name", _options.Name), ("data-dir", _options.DataDirectory), ("rocksdb", RocksLibrary.LoadedName),
            ("initial-cluster", string.Join(',', _options.InitialCluster.Select(entry => entry.Key))));
        if (_options.LocksMemory && ResidentMemory.TryLock() is { } refusal)
            throw new StartException($"--memory-mlock: memory cannot be locked: {refusal}; raise the limit of locked memory (LimitMEMLOCK= of systemd, ulimit -l)");
        BindListeners();
        _tracing = Tracing.Start(_options.Tracing);
        if (OsFileSystem.PrepareDataDirectory(_options.DataDirectory))
            _logger.Warn("the data directory was open to other users; it is private now (0700)", ("data-dir", _options.DataDirectory));
        SelfSignedCertificates.Prepare(_options, _logger, TimeProvider.System);
        TlsSetup.Check(_options);
        PrepareLogDirectory();
        var trace = new TraceMetrics(new TraceLog(_logger), TimeProvider.System);
        _metrics.Trace = trace;
        _metrics.OnSlowSync = took => _logger.Warn("slow fdatasync", ("took", took));
        _metrics.OnSlowWrite = took => _logger.Warn("applying a batch took too long", ("took", took), ("expected-duration", _options.SlowApplyWarning));
        if (_options.Maintenance.ForcesNewCluster)
            _logger.Warn("forcing a new cluster of this member alone: all others are removed; start without --force-new-cluster next time");
        if (_options.QuotaBytes < 0)
            _logger.Info("disabled backend quota", ("quota-size-bytes", _options.QuotaBytes));
        var latePeers = new LatePeerNetwork();
        _node = await NodeSetup.StartAsync(_options, _descriptors.StoreFiles, _logger, latePeers, _lanes, _calls, _auth.Assignments, trace, _metrics, stop).ConfigureAwait(false);
        var self = _node.Status.Self;
        _logger.Info("opened the member", ("member-id", self.ToString()), ("cluster-id", _node.Status.Cluster.ToString()));

        _network = new PeerNetwork(PeerOptions(_node.Status), PeerLog.Events(_logger, _metrics, () => _wasToldRemoved = true));
        _metrics.Network = _network;
        latePeers.Attach(_network);
        var member = new NodeMember(_node, () => _clock.Now);
        var peers = new ServerPeerCalls(_network);
        _services = new EtcdServices(member, _calls, new RequestIds(self, Entropy.NextSeed()), peers, _apiOptions, _auth.Security);
        ServerPeerCalls.Handle(_network, _services.PeerCalls);
        ClusterInquiry.Handle(_network, () => _node.Status);

        await ListenForPeersAsync(_network).ConfigureAwait(false);
        _network.Start(_node);
        _ticks = new TickPump(TimeProvider.System, _clock, _options.HeartbeatInterval, _node.Tick);
        _clientListeners = new ClientListeners(_options, _logger, _sockets, _descriptors, _services, _node, _metrics, _stopping.Token);
        await _clientListeners.ShowMetricsAsync().ConfigureAwait(false);
        var upkeep = new Upkeep(member, _services, peers, _apiOptions, _options.Maintenance, _logger);
        await upkeep.CheckAsync(stop).ConfigureAwait(false);
        upkeep.Start(_stopping.Token);
        _auth.Start(_stopping.Token);
        _ = new CrowdMemory(_descriptors.Clients, _logger).RunAsync(_stopping.Token);
        _serving = ServeWhenReadyAsync(_node, _clientListeners);
        _ = WatchForTheEndAsync(_node);
    }

    private void BindListeners()
    {
        _sockets.Bind(PeerUrls, _options.ListenPeer);
        _sockets.Bind(ClientListeners.ClientUrls, _options.ListenClient);
        _sockets.Bind(ClientListeners.HttpUrls, _options.ListenClientHttp);
        _sockets.Bind(ClientListeners.MetricsUrls, _options.ListenMetrics);
    }

    /// <summary>A log directory of its own is as private as the data directory, and its name as durable.</summary>
    private void PrepareLogDirectory()
    {
        if (_options.WalDirectory is not { } directory)
            return;
        var path = Path.GetFullPath(directory);
        OsFileSystem.PrepareDataDirectory(path);
        if (Path.GetDirectoryName(path) is { } parent)
            new OsFileSystem(waitsForDisk: !_options.UnsafeNoSync).SyncDirectory(parent);
    }

    private PeerTransportOptions PeerOptions(NodeStatus status) => new()
    {
        Cluster = status.Cluster,
        Self = status.Self,
        SelfUrls = _options.AdvertisePeer,
        Seed = Entropy.NextSeed(),
        Tls = TlsSetup.ForPeers(_options),
    };

    private async Task ListenForPeersAsync(PeerNetwork network)
    {
        var table = new GrpcServiceTable();
        network.Register(table);
        var room = network.RoomOptions(new GrpcRoomOptions { Stopping = _stopping.Token, OnUnhandledException = LogUnhandled });
        _peerListener = await Listeners.StartAsync(
            _sockets, _options.ListenPeer, PeerUrls, new GrpcKestrelOptions(), _ => TlsSetup.ForListener(_options, _options.PeerTls, "peer", _logger), _logger,
            pipeline => pipeline.UseGrpcRoom(table, room).Run(http => network.ReceiveAsync(http, _stopping.Token)), _descriptors.Peers, isForPeers: true).ConfigureAwait(false);
    }

    /// <summary>
    /// Lets clients in, and says so once for each listener, when the member has published itself and knows a leader: one that was
    /// published in an earlier life, and is cut off from the others now, is not ready. Before that an answer could only be "no
    /// leader", which ends the watches of clients that asked for one; refused a connection, they go to another member.
    /// </summary>
    private async Task ServeWhenReadyAsync(KvNode node, ClientListeners listeners)
    {
        try
        {
            using var poll = new PeriodicTimer(ReadyPoll);
            while (node.Status is not { IsPublished: true, HasLeader: true })
                await poll.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false);
            await listeners.LetClientsInAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception exception)
        {
            // Whoever waits for the end of the process says why.
            _ending.TrySetException(exception);
            return;
        }

        SayReady();
    }

    private void SayReady()
    {
        foreach (var endpoint in _options.ListenClient.Concat(_options.ListenClientHttp))
        {
            _logger.Info("ready to serve client requests", ("address", endpoint.Url));
            if (endpoint.IsTls)
                _logger.Info("serving client traffic securely", ("traffic", "grpc+http"), ("address", endpoint.Url));
            else
                _logger.Info("serving client traffic insecurely; this is strongly discouraged!", ("traffic", "grpc+http"), ("address", endpoint.Url));
        }

        SystemdNotification.Ready();
    }

    /// <summary>A member that was removed has nothing left to do, and one that contradicts itself must do nothing more (R10).</summary>
    private async Task WatchForTheEndAsync(KvNode node)
    {
        try
        {
            using var poll = new PeriodicTimer(EndPoll);
            while (!_wasToldRemoved && node.Status is { IsRemoved: false, Quarantine: null })
                await poll.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false);
            if (node.Status.Quarantine is null)
            {
                await WhileOthersNeedItAsync(node, poll).ConfigureAwait(false);
                // Not a failure: a supervisor that starts it again would only hear the same.
                _logger.Warn("the member has been permanently removed from the cluster; its data directory is of no use any more", ("data-dir", _options.DataDirectory));
                await Task.Delay(RemovedGrace, _stopping.Token).ConfigureAwait(false);
                _ending.TrySetResult(0);
                return;
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        _logger.Fail(null, "the member takes no part any more; remove it from the cluster and add it again with an empty data directory",
            ("reason", node.Status.Quarantine), ("data-dir", _options.DataDirectory));
        _ending.TrySetResult(1);
    }

    /// <summary>A leader that was removed stays until the others know of it: gone before, it could leave them without a majority.</summary>
    private async Task WhileOthersNeedItAsync(KvNode node, PeriodicTimer poll)
    {
        var since = Stopwatch.GetTimestamp();
        while (node.Status.IsLeaving && Stopwatch.GetElapsedTime(since) < LeavingMax)
            await poll.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false);
    }

    private async Task HandOverAsync(KvNode node)
    {
        var id = new RequestIds(node.Status.Self, Entropy.NextSeed()).Next();
        var handedOver = _calls.Begin(id).AsTask();
        if (!node.TryStop(id))
            return;
        var limit = Task.Delay(TimeSpan.FromSeconds(1.5));
        if (await Task.WhenAny(handedOver, limit).ConfigureAwait(false) == limit)
            _logger.Warn("leadership was not handed over in time");
    }

    private void LogUnhandled(ServerCall call, Exception exception) =>
        _logger.Fail(exception, "a call failed unexpectedly", ("method", call.Method.Path));
}
