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
using ClientTlsOptions = KvStore.Grpc.Client.TlsClientOptions;

namespace KvStore.Server.Hosting;

/// <summary>
/// The composition root: puts the real doors around a node and the listeners in front of it. Started and stopped once; the order
/// of both is the content of this type.
/// </summary>
internal sealed class Member : IAsyncDisposable
{
    private static readonly TimeSpan ReadyPoll = TimeSpan.FromMilliseconds(5);

    private readonly ServerOptions _options;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource<int> _ending;
    private readonly CancellationTokenSource _stopping = new();
    private readonly MonotonicClock _clock = new(TimeProvider.System);
    private readonly MetricsExposition _metrics;
    private readonly ThreadLaneFactory _lanes;
    private readonly PendingCalls _calls;
    private readonly ApiOptions _apiOptions;
    private readonly List<WebApplication> _listeners = [];
    private KvNode? _node;
    private PeerNetwork? _network;
    private EtcdServices? _services;
    private TickPump? _ticks;

    private Member(ServerOptions options, ILogger logger, TaskCompletionSource<int> ending)
    {
        _options = options;
        _logger = logger;
        _ending = ending;
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
    }

    public static async Task<Member> StartAsync(ServerOptions options, ILogger logger, TaskCompletionSource<int> ending)
    {
        var member = new Member(options, logger, ending);
        try
        {
            await member.StartAsync().ConfigureAwait(false);
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
        foreach (var listener in _listeners)
        {
            await listener.StopAsync().ConfigureAwait(false);
            await listener.DisposeAsync().ConfigureAwait(false);
        }

        _ticks?.Dispose();
        if (_network is not null)
            await _network.DisposeAsync().ConfigureAwait(false);
        _lanes.Dispose();
        _node?.Dispose();
        _services?.Dispose();
        _calls.Dispose();
        _stopping.Dispose();
        _logger.Info("closed the member", ("took", Stopwatch.GetElapsedTime(started)));
    }

    private async Task StartAsync()
    {
        _logger.Info("starting", ("name", _options.Name), ("data-dir", _options.DataDirectory), ("rocksdb", RocksLibrary.LoadedName),
            ("initial-cluster", string.Join(',', _options.InitialCluster.Select(entry => entry.Key))));
        if (OsFileSystem.PrepareDataDirectory(_options.DataDirectory))
            _logger.Warn("the data directory was open to other users; it is private now (0700)", ("data-dir", _options.DataDirectory));
        var trace = new TraceLog(_logger);
        _metrics.OnSlowWrite = took => _logger.Warn("applying a batch took too long", ("took", took), ("expected-duration", _options.SlowApplyWarning));
        var latePeers = new LatePeerNetwork();
        _node = NodeSetup.Start(_options, latePeers, _lanes, _calls, trace, _metrics);
        var self = _node.Status.Self;
        _logger.Info("opened the member", ("member-id", self.ToString()), ("cluster-id", _node.Status.Cluster.ToString()));

        _network = new PeerNetwork(PeerOptions(_node.Status), PeerLog.Events(_logger, _metrics, OnRemoved));
        _metrics.Network = _network;
        latePeers.Attach(_network);
        _services = new EtcdServices(new NodeMember(_node, () => _clock.Now), _calls, new RequestIds(self, Entropy.NextSeed()), new ServerPeerCalls(_network), _apiOptions);
        ServerPeerCalls.Handle(_network, _services.PeerCalls);

        await ListenForPeersAsync(_network).ConfigureAwait(false);
        _network.Start(_node);
        _ticks = new TickPump(TimeProvider.System, _clock, _options.HeartbeatInterval, _node.Tick);
        await ListenForClientsAsync(_services).ConfigureAwait(false);
        _ = ReportReadyAsync(_node);
    }

    private PeerTransportOptions PeerOptions(NodeStatus status) => new()
    {
        Cluster = status.Cluster,
        Self = status.Self,
        SelfUrls = _options.AdvertisePeer,
        Seed = Entropy.NextSeed(),
        Tls = _options.PeerClientTls.HasCertificate || _options.PeerTls.TrustedAuthorities.Length > 0
            ? new ClientTlsOptions
            {
                CaFile = OrNull(_options.PeerTls.TrustedAuthorities),
                CertificateFile = OrNull(_options.PeerClientTls.Certificate),
                KeyFile = OrNull(_options.PeerClientTls.Key),
            }
            : null,
    };

    private async Task ListenForPeersAsync(PeerNetwork network)
    {
        var table = new GrpcServiceTable();
        network.Register(table);
        var room = network.RoomOptions(new GrpcRoomOptions { Stopping = _stopping.Token, OnUnhandledException = LogUnhandled });
        _listeners.Add(await Listeners.StartAsync(
            _options.ListenPeer, "listen-peer-urls", new GrpcKestrelOptions(), _ => TlsOf(_options.PeerTls, "peer"), _logger,
            pipeline => pipeline.UseGrpcRoom(table, room)).ConfigureAwait(false));
    }

    private async Task ListenForClientsAsync(EtcdServices services)
    {
        var limits = new GrpcKestrelOptions
        {
            KeepAliveInterval = _options.KeepAliveInterval,
            KeepAliveTimeout = _options.KeepAliveTimeout,
            StreamsPerConnectionMax = (int)Math.Min(_options.ConcurrentStreamsMax, new GrpcKestrelOptions().StreamsPerConnectionMax),
        };
        var room = new GrpcRoomOptions
        {
            ReceiveBytesMax = _options.RequestBytesMax + (512 * 1024),
            Stopping = _stopping.Token,
            Admit = services.Admit,
            OnUnhandledException = LogUnhandled,
        };
        var http = new HttpEndpoints(services, _metrics);
        _listeners.Add(await Listeners.StartAsync(
            _options.ListenClient, "listen-client-urls", limits, _ => TlsOf(_options.ClientTls, "client"), _logger,
            pipeline => pipeline.UseGrpcRoom(services.Table, room).Run(http.AnswerAsync)).ConfigureAwait(false));
        if (_options.ListenMetrics.Count > 0)
        {
            _listeners.Add(await Listeners.StartAsync(
                _options.ListenMetrics, "listen-metrics-urls", limits, _ => TlsOf(_options.ClientTls, "metrics"), _logger,
                pipeline => pipeline.Run(http.AnswerAsync)).ConfigureAwait(false));
        }
    }

    private TlsServerOptions? TlsOf(Configuration.TlsFiles files, string role) => !files.HasCertificate ? null : new TlsServerOptions
    {
        CertificateFile = files.Certificate,
        KeyFile = files.Key,
        ClientCaFile = OrNull(files.TrustedAuthorities),
        CrlFile = OrNull(files.RevocationList),
        AllowedCommonNames = files.AllowedCommonNames,
        AllowedHostNames = files.AllowedHostNames,
        VerifyRemoteAddress = files.VerifiesRemoteAddress,
        Protocols = TlsVersions.Between(_options.TlsMinVersion, _options.TlsMaxVersion),
        OnRejected = (remote, reason) => _logger.Warn($"rejected connection on {role} endpoint", ("remote-addr", remote?.ToString()), ("error", reason)),
        OnUnreadable = exception => _logger.Warn("changed certificate files cannot be used; those before stay in force", ("error", exception.Message)),
    };

    /// <summary>Says "ready" once for each listener when the member has published itself, which takes a leader.</summary>
    private async Task ReportReadyAsync(KvNode node)
    {
        try
        {
            using var poll = new PeriodicTimer(ReadyPoll);
            while (!node.Status.IsPublished)
                await poll.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        foreach (var endpoint in _options.ListenClient)
        {
            _logger.Info("ready to serve client requests", ("address", endpoint.Url));
            if (endpoint.IsTls)
                _logger.Info("serving client traffic securely", ("traffic", "grpc+http"), ("address", endpoint.Url));
            else
                _logger.Info("serving client traffic insecurely; this is strongly discouraged!", ("traffic", "grpc+http"), ("address", endpoint.Url));
        }

        SystemdNotification.Ready();
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

    private void OnRemoved()
    {
        _logger.Fail(null, "the member has been permanently removed from the cluster");
        _ending.TrySetResult(1);
    }

    private void LogUnhandled(ServerCall call, Exception exception) =>
        _logger.Fail(exception, "a call failed unexpectedly", ("method", call.Method.Path));

    private static string? OrNull(string path) => path.Length == 0 ? null : path;
}
