using KvStore.Api;
using KvStore.Api.Gateway;
using KvStore.Api.Metrics;
using KvStore.Grpc.Server;
using KvStore.Node;
using KvStore.Server.Configuration;
using KvStore.Server.Logging;
using KvStore.Server.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Serilog;

namespace KvStore.Server.Hosting;

/// <summary>
/// What clients meet, and those who watch over the member: the same services behind different ports. Metrics and health are
/// shown from the start; clients are let in when the member can answer them.
/// </summary>
internal sealed class ClientListeners : IAsyncDisposable
{
    public const string ClientUrls = "listen-client-urls";
    public const string HttpUrls = "listen-client-http-urls";
    public const string MetricsUrls = "listen-metrics-urls";

    private readonly ServerOptions _options;
    private readonly ILogger _logger;
    private readonly ListenSockets _sockets;
    private readonly DescriptorBudget _descriptors;
    private readonly GrpcRoom _room;
    private readonly HttpEndpoints _http;
    private readonly AccessControl _access;
    private readonly List<WebApplication> _open = [];

    public ClientListeners(ServerOptions options, ILogger logger, ListenSockets sockets, DescriptorBudget descriptors, EtcdServices services, KvNode node, MetricsExposition metrics, CancellationToken stopping)
    {
        _options = options;
        _logger = logger;
        _sockets = sockets;
        _descriptors = descriptors;
        var calls = new CallMetrics(services.Table, options.MeasuresCalls);
        var slowCalls = new SlowCalls(options.SlowCallWarning, TimeProvider.System, logger);
        _room = new GrpcRoom(services.Table, new GrpcRoomOptions
        {
            ReceiveBytesMax = options.RequestBytesMax + NodeSetup.ReceiveSlackBytes,
            Stopping = stopping,
            Admit = call =>
            {
                calls.OnAdmitted(call);
                return services.Admit(call);
            },
            OnFinished = (call, status) =>
            {
                calls.OnFinished(call, status);
                slowCalls.OnFinished(call, status);
            },
            OnUnhandledException = (call, exception) => logger.Fail(exception, "a call failed unexpectedly", ("method", call.Method.Path)),
        });
        _http = new HttpEndpoints(services, () => metrics.Write(services, calls, _room, node.Status), () => node.Status, options.ServesJson ? new JsonGateway(_room) : null);
        _access = new AccessControl(
            options.HostNames, options.CorsOrigins, () => options.ServesJson && options.ClientTls.ClientCertificateDemanded && node.Auth.IsEnabled);
    }

    public Task ShowMetricsAsync() => _options.ListenMetrics.Count == 0
        ? Task.CompletedTask
        : ListenAsync(_options.ListenMetrics, MetricsUrls, pipeline => pipeline.Run(_http.AnswerMetricsAsync));

    public async Task LetClientsInAsync()
    {
        RequestDelegate plain = context => _access.InvokeAsync(context, _http.AnswerAsync);
        if (_options.ListenClientHttp.Count > 0)
        {
            // Who separates the ports wants no plain HTTP here: as on etcd the connection ends.
            await ListenAsync(_options.ListenClient, ClientUrls, pipeline => pipeline.UseGrpcRoom(_room).Run(HangUp)).ConfigureAwait(false);
            await ListenAsync(_options.ListenClientHttp, HttpUrls, pipeline => pipeline.Run(plain)).ConfigureAwait(false);
        }
        else
        {
            await ListenAsync(_options.ListenClient, ClientUrls, pipeline => pipeline.UseGrpcRoom(_room).Run(plain)).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _open)
        {
            await listener.StopAsync().ConfigureAwait(false);
            await listener.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>A listener with the clients' certificates and rules, the revocation list among them (GHSA-3wh4-j44w-pg92).</summary>
    private async Task ListenAsync(IReadOnlyList<Configuration.Endpoint> endpoints, string flag, Action<IApplicationBuilder> pipeline)
    {
        var limits = new GrpcKestrelOptions
        {
            // The guard forgives a connection by the calls that begin on it; where there are none, it would stop plain requests.
            ClientPingTimeMin = flag == ClientUrls ? _options.ClientPingTimeMin : null,
            KeepAliveInterval = _options.KeepAliveInterval,
            KeepAliveTimeout = _options.KeepAliveTimeout,
            StreamsPerConnectionMax = (int)Math.Min(_options.ConcurrentStreamsMax, new GrpcKestrelOptions().StreamsPerConnectionMax),
        };
        var role = flag == MetricsUrls ? "metrics" : "client";
        _open.Add(await Listeners.StartAsync(
            _sockets, endpoints, flag, limits, _ => TlsSetup.ForListener(_options, _options.ClientTls, role, _logger), _logger, pipeline,
            role == "metrics" ? _descriptors.Metrics : _descriptors.Clients).ConfigureAwait(false));
    }

    private static Task HangUp(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }
}
