using System.Net.Sockets;

namespace KvStore.Grpc.Client;

/// <summary>One server and its connections. Thread-safe.</summary>
internal sealed class Endpoint : IDisposable
{
    // After a failed connect others go first for a while; the first pause is short, since most failures are restarts.
    private const int PauseMillisFirst = 50;
    private const int PauseMillisMax = 5_000;

    private readonly HttpMessageInvoker[] _connections;
    private readonly GrpcChannelOptions _options;
    private uint _turn;
    private long _pauseUntil;
    private int _failures;

    public Endpoint(EndpointName name, GrpcChannelOptions options)
    {
        Name = name;
        _options = options;
        _connections = new HttpMessageInvoker[Math.Max(options.ConnectionsPerEndpoint, 1)];
        for (var i = 0; i < _connections.Length; i++)
            _connections[i] = new HttpMessageInvoker(Connection(name, options), disposeHandler: true);
    }

    public EndpointName Name { get; }

    public bool IsPausing => Interlocked.Read(ref _pauseUntil) > _options.Time.GetTimestamp();

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var connection = _connections.Length == 1 ? _connections[0] : _connections[Interlocked.Increment(ref _turn) % _connections.Length];
        try
        {
            var response = await connection.SendAsync(request, cancellationToken).ConfigureAwait(false);
            _options.OnTrace?.Invoke($"{request.RequestUri}: answered by HTTP {(int)response.StatusCode}");
            if (Volatile.Read(ref _failures) != 0)
                OnReached();
            return response;
        }
        catch (HttpRequestException failure) when (TransportErrors.NeverSent(failure))
        {
            _options.OnTrace?.Invoke($"{request.RequestUri}: not sent: {failure.GetBaseException().Message}");
            OnUnreachable();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
            connection.Dispose();
    }

    private static SocketsHttpHandler Connection(EndpointName name, GrpcChannelOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = System.Net.DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            // One connection per handler: how many there are is the caller's choice, not a guess of the pool.
            EnableMultipleHttp2Connections = false,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            ConnectTimeout = options.ConnectTimeout,
            InitialHttp2StreamWindowSize = options.InitialStreamWindowBytes,
            KeepAlivePingDelay = options.KeepAliveTime ?? Timeout.InfiniteTimeSpan,
            KeepAlivePingTimeout = options.KeepAliveTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            // Header values travel as they are; text is percent-encoded where it may be anything.
            RequestHeaderEncodingSelector = static (_, _) => System.Text.Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => System.Text.Encoding.Latin1,
        };
        var tls = name.IsTls ? new TlsClientHandshake(name, options.Tls ?? new TlsClientOptions()) : null;
        handler.ConnectCallback = async (context, cancellationToken) =>
        {
            options.OnTrace?.Invoke($"{name.Address}: connecting");
            var stream = name.SocketPath is { } path
                ? await ConnectSocketAsync(path, cancellationToken).ConfigureAwait(false)
                : await ConnectTcpAsync(context.DnsEndPoint, options, cancellationToken).ConfigureAwait(false);
            var secured = tls is null ? stream : await tls.RunAsync(stream, context.InitialRequestMessage.Version, cancellationToken).ConfigureAwait(false);
            options.OnTrace?.Invoke($"{name.Address}: connected{(tls is null ? "" : " over TLS")}");
            return secured;
        };
        return handler;
    }

    // As the handler itself connects, and with the kernel's own probes: HTTP/2's pings do not reach an upgraded connection.
    private static async ValueTask<Stream> ConnectTcpAsync(System.Net.DnsEndPoint endpoint, GrpcChannelOptions options, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (options.KeepAliveTime is { } silence)
                SilentConnections.GiveUp(socket, silence, options.KeepAliveTimeout);
            await socket.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async ValueTask<Stream> ConnectSocketAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void OnReached()
    {
        Volatile.Write(ref _failures, 0);
        Interlocked.Exchange(ref _pauseUntil, 0);
    }

    private void OnUnreachable()
    {
        var failures = Math.Min(Interlocked.Increment(ref _failures), 16);
        var pauseMillis = Math.Min(PauseMillisFirst << (failures - 1), PauseMillisMax);
        Interlocked.Exchange(ref _pauseUntil, _options.Time.GetTimestamp() + pauseMillis * _options.Time.TimestampFrequency / 1000);
    }
}
