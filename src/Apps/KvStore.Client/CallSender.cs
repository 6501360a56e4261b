using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>
/// Sends typed calls over the channel with the caller's token. Which calls may be sent twice is decided here, by their repeat
/// rule: reads when a member is unavailable, writes only when they certainly never left.
/// </summary>
internal sealed class CallSender : IDisposable
{
    // What a new token mends, as etcd's client: expired, of users as they were before a change, or forgotten by both sides.
    private static readonly string[] TokenRefusals =
        ["etcdserver: invalid auth token", "etcdserver: revision of auth store is old", "etcdserver: user name is empty"];

    private readonly GrpcChannel _channel;
    private readonly KvClientOptions _options;
    private readonly SemaphoreSlim _authenticating = new(1);
    private string? _token;

    public CallSender(KvClientOptions options)
    {
        _options = options;
        _channel = new GrpcChannel(options.Endpoints, new GrpcChannelOptions
        {
            Tls = options.Tls,
            ConnectTimeout = options.ConnectTimeout,
            KeepAliveTime = options.KeepAliveTime,
            KeepAliveTimeout = options.KeepAliveTimeout,
            ReceiveBytesMax = options.ReceiveBytesMax,
            Time = options.Time,
            UserAgent = "kvstore-client/0.1",
        });
    }

    public KvClientOptions Options => _options;

    public Task<TResponse> ReadAsync<TRequest, TResponse>(string path, TRequest request, MessageParser<TResponse> parser, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> =>
        CallAsync(path, request, parser, RepeatRule.IfUnavailable, cancellationToken);

    public Task<TResponse> WriteAsync<TRequest, TResponse>(string path, TRequest request, MessageParser<TResponse> parser, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> =>
        CallAsync(path, request, parser, RepeatRule.IfNeverSent, cancellationToken);

    public async Task<ServerStreamingCall<TResponse>> ServerStreamingAsync<TRequest, TResponse>(
        string path, TRequest request, MessageParser<TResponse> parser, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse>
    {
        var headers = await HeadersAsync(cancellationToken).ConfigureAwait(false);
        return _channel.ServerStreaming(path, request, parser, new CallOptions { Headers = headers }, cancellationToken);
    }

    public async Task<DuplexCall<TRequest, TResponse>> DuplexAsync<TRequest, TResponse>(
        string path, MessageParser<TResponse> parser, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse>
    {
        var headers = await HeadersAsync(cancellationToken).ConfigureAwait(false);
        return _channel.Duplex<TRequest, TResponse>(path, parser, new CallOptions { Headers = headers }, cancellationToken);
    }

    public void Dispose()
    {
        _channel.Dispose();
        _authenticating.Dispose();
    }

    /// <summary>Whether a stream that ended so may be opened again with nothing lost. Any other status is the server's answer.</summary>
    public static bool MayResume(GrpcException failure) => failure.Code == StatusCode.Unavailable;

    private async Task<TResponse> CallAsync<TRequest, TResponse>(
        string path, TRequest request, MessageParser<TResponse> parser, RepeatRule repeat, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse>
    {
        var started = _options.Time.GetTimestamp();
        var token = await TokenAsync(cancellationToken).ConfigureAwait(false);
        for (var renewed = false; ;)
        {
            try
            {
                var call = new CallOptions { Headers = HeadersWith(token), Timeout = Remaining(started), Repeat = repeat };
                return await _channel.UnaryAsync(path, request, parser, call, cancellationToken).ConfigureAwait(false);
            }
            catch (GrpcException refused) when (HasCredentials && !renewed && TokenRefusals.Contains(refused.Message))
            {
                // The server judges the caller before it does anything: sending the request again is not doing it twice.
                renewed = true;
                token = await RenewTokenAsync(token, cancellationToken).ConfigureAwait(false);
            }
            catch (GrpcException unreachable) when (unreachable.NeverSent)
            {
                // Nobody could be reached, so any call may wait for a connection; its own time is the limit.
                await Task.Delay(_options.ResumePause, _options.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private bool HasCredentials => !string.IsNullOrEmpty(_options.User) && _options.Password is not null;

    private TimeSpan? Remaining(long started)
    {
        if (_options.CallTimeout is not { } timeout)
            return null;
        var left = timeout - _options.Time.GetElapsedTime(started);
        return left > TimeSpan.Zero ? left : throw new GrpcException(StatusCode.DeadlineExceeded, GrpcTexts.DeadlineExceeded);
    }

    private async Task<Metadata> HeadersAsync(CancellationToken cancellationToken) =>
        HeadersWith(await TokenAsync(cancellationToken).ConfigureAwait(false));

    private static Metadata HeadersWith(string? token)
    {
        if (token is null)
            return Metadata.Empty;
        var headers = new Metadata();
        headers.Add("token", token);
        return headers;
    }

    private ValueTask<string?> TokenAsync(CancellationToken cancellationToken)
    {
        if (!HasCredentials)
            return ValueTask.FromResult<string?>(null);
        return _token is { } token
            ? ValueTask.FromResult<string?>(token)
            : new ValueTask<string?>(RenewTokenAsync(null, cancellationToken));
    }

    /// <summary>Fetches a token unless another call has replaced the refused one meanwhile.</summary>
    private async Task<string?> RenewTokenAsync(string? refused, CancellationToken cancellationToken)
    {
        await _authenticating.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_token is not null && _token != refused)
                return _token;
            var request = new AuthenticateRequest { Name = _options.User, Password = _options.Password };
            var options = new CallOptions { Timeout = _options.CallTimeout, Repeat = RepeatRule.IfUnavailable };
            var answer = await _channel
                .UnaryAsync("/etcdserverpb.Auth/Authenticate", request, AuthenticateResponse.Parser, options, cancellationToken).ConfigureAwait(false);
            return _token = answer.Token;
        }
        catch (GrpcException off) when (off.Message == "etcdserver: authentication is not enabled")
        {
            // As etcd's client: credentials for a cluster that asks for none are not an error.
            return null;
        }
        catch (GrpcException denied) when (refused is null)
        {
            throw new GrpcException(denied.Status, denied.Trailers, denied) { IsOfLogIn = true };
        }
        finally
        {
            _authenticating.Release();
        }
    }
}
