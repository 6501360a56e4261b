using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace KvStore.Grpc.Client;

/// <summary>
/// One server and the connection to it. A connection is made, and the server seen to live on it, before a call is given to it; so a call
/// can go to another server while this one is silent. Thread-safe.
/// </summary>
internal sealed class Endpoint : IDisposable
{
    // After a failed connect others go first for a while; the first pause is short, since most failures are restarts.
    private const int PauseMillisFirst = 50;
    private const int PauseMillisMax = 5_000;

    /// <summary>How long a connection may wait for its first call: servers end one that says no more than the preface.</summary>
    private static readonly TimeSpan _waitMax = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly GrpcChannelOptions _options;
    private readonly Dialer _dialer;
    private readonly HttpMessageInvoker _handler;
    private readonly CancellationTokenSource _disposal = new();
    private readonly CancellationToken _disposed;
    private bool _isDisposed;
    private Task? _dialing;
    private Dialed? _waiting;
    private long _waitingSince;
    private volatile DialedStream? _used;
    private long _pauseUntil;
    private int _failures;

    public Endpoint(EndpointName name, GrpcChannelOptions options)
    {
        Name = name;
        _options = options;
        _disposed = _disposal.Token;
        _dialer = new Dialer(name, options);
        _handler = new HttpMessageInvoker(MakeHandler(), disposeHandler: true);
    }

    public EndpointName Name { get; }

    /// <summary>As errors name it.</summary>
    public string Label => Name.SocketPath ?? $"{Name.Host}:{Name.Port}";

    public bool IsPausing => Interlocked.Read(ref _pauseUntil) > _options.Time.GetTimestamp();

    /// <summary>True while there is a connection that carries calls, or one that may.</summary>
    public bool IsReady
    {
        get
        {
            if (_used is { IsOpen: true })
                return true;
            lock (_lock)
                return IsWaitingUsable();
        }
    }

    /// <summary>
    /// Completes when there is a connection. Throws <see cref="GrpcException"/>, with nothing sent, when none can be made, and
    /// <see cref="ObjectDisposedException"/>. All who ask meanwhile wait for the same attempt, which goes on when they do not.
    /// </summary>
    public Task ConnectAsync()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(GrpcChannel));
            if (IsReady)
                return Task.CompletedTask;
            if (_dialing is null)
            {
                _dialing = Task.Run(DialAsync);
                // Whoever began it may not wait for it.
                _ = _dialing.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            }

            return _dialing;
        }
    }

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var response = await _handler.SendAsync(request, cancellationToken).ConfigureAwait(false);
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
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            _waiting?.Stream.Dispose();
            _waiting = null;
        }

        _disposal.Cancel();
        _disposal.Dispose();
        _handler.Dispose();
    }

    private SocketsHttpHandler MakeHandler() => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = System.Net.DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        // One connection: how many there are is the caller's choice, not a guess of the pool.
        EnableMultipleHttp2Connections = false,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
        ConnectTimeout = Timeout.InfiniteTimeSpan, // the dialer has its own
        ConnectCallback = TakeAsync,
        InitialHttp2StreamWindowSize = _options.InitialStreamWindowBytes,
        KeepAlivePingDelay = _options.KeepAliveTime ?? Timeout.InfiniteTimeSpan,
        KeepAlivePingTimeout = _options.KeepAliveTimeout,
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        // Header values travel as they are; text is percent-encoded where it may be anything.
        RequestHeaderEncodingSelector = static (_, _) => System.Text.Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => System.Text.Encoding.Latin1,
    };

    // The handler asks for a connection: mostly one waits for it, since who sends has made sure of it.
    private async ValueTask<Stream> TakeAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var http = context.InitialRequestMessage.Version;
        if (http != HttpVersion.Version20)
            return (await _dialer.DialAsync(http, cancellationToken).ConfigureAwait(false)).Stream;
        Dialed? taken;
        lock (_lock)
        {
            taken = IsWaitingUsable() ? _waiting : null;
            if (taken is not null)
                _waiting = null;
        }

        taken ??= await _dialer.DialAsync(http, cancellationToken).ConfigureAwait(false);
        _used = taken.Bytes;
        return taken.Stream;
    }

    private async Task DialAsync()
    {
        try
        {
            var dialed = await _dialer.DialAsync(HttpVersion.Version20, _disposed).ConfigureAwait(false);
            lock (_lock)
            {
                _dialing = null;
                _waiting?.Stream.Dispose();
                _waiting = dialed;
                _waitingSince = _options.Time.GetTimestamp();
                if (_isDisposed)
                    dialed.Stream.Dispose();
            }

            OnReached();
        }
        catch (OperationCanceledException)
        {
            throw new ObjectDisposedException(nameof(GrpcChannel));
        }
        catch (Exception failure) when (failure is SocketException or IOException or AuthenticationException)
        {
            _options.OnTrace?.Invoke($"{Name.Address}: not connected: {failure.GetBaseException().Message}");
            lock (_lock)
                _dialing = null;
            OnUnreachable();
            throw TransportErrors.Unreachable(failure, Label);
        }
    }

    private bool IsWaitingUsable() =>
        _waiting is { Bytes.IsOpen: true } && _options.Time.GetElapsedTime(_waitingSince) < _waitMax;

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
