using System.Runtime.CompilerServices;
using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Client;

namespace KvStore.Client;

/// <summary>
/// Sends typed calls over the channel with the caller's token. Which calls may be sent twice is decided here, by their repeat
/// rule: reads when a member is unavailable, writes only when they certainly never left or were refused for their token, which is
/// judged before anything is proposed. Thread-safe.
/// </summary>
internal sealed class CallSender : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly KvClientOptions _options;
    private readonly AuthToken _token;

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
            SendBytesMax = options.SendBytesMax,
            OnTrace = options.OnTrace,
            Time = options.Time,
            UserAgent = "kvstore-client/0.1",
        });
        _token = new AuthToken(_channel, options);
    }

    public KvClientOptions Options => _options;

    public AuthToken Token => _token;

    public Task<TResponse> ReadAsync<TRequest, TResponse>(string path, TRequest request, MessageParser<TResponse> parser, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> =>
        CallAsync(path, request, parser, RepeatRule.IfUnavailable, _options.CallTimeout, cancellationToken);

    public Task<TResponse> WriteAsync<TRequest, TResponse>(string path, TRequest request, MessageParser<TResponse> parser, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> =>
        CallAsync(path, request, parser, RepeatRule.IfNeverSent, _options.CallTimeout, cancellationToken);

    /// <summary>A write that waits for others (a lock, an election): the caller's token is its only limit.</summary>
    public Task<TResponse> WaitAsync<TRequest, TResponse>(string path, TRequest request, MessageParser<TResponse> parser, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> =>
        CallAsync(path, request, parser, RepeatRule.IfNeverSent, timeout: null, cancellationToken);

    /// <summary>The answers of one call. Refused for its token before the first of them, it is sent once more with a new one; later the refusal is the caller's.</summary>
    public async IAsyncEnumerable<TResponse> StreamAsync<TRequest, TResponse>(
        string path, TRequest request, MessageParser<TResponse> parser, [EnumeratorCancellation] CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse>
    {
        var token = await _token.CurrentAsync(cancellationToken).ConfigureAwait(false);
        for (var mayRenew = true; ; mayRenew = false)
        {
            using var stream = _channel.ServerStreaming(path, request, parser, new CallOptions { Headers = HeadersWith(token) }, cancellationToken);
            while (true)
            {
                try
                {
                    if (!await stream.MoveNextAsync(cancellationToken).ConfigureAwait(false))
                        yield break;
                }
                catch (GrpcException refused) when (mayRenew && _token.Mends(refused.Message, token))
                {
                    break;
                }

                mayRenew = false;
                yield return stream.Current;
            }

            token = await _token.RenewAsync(token, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <param name="path">The method.</param>
    /// <param name="parser">Of the answers.</param>
    /// <param name="token">The caller's, whom the stream tells when it is refused.</param>
    /// <param name="requireLeader">Asks the member to end the stream when it loses sight of a leader, instead of saying nothing.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public DuplexCall<TRequest, TResponse> Duplex<TRequest, TResponse>(
        string path, MessageParser<TResponse> parser, string? token, bool requireLeader, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> =>
        _channel.Duplex<TRequest, TResponse>(path, parser, new CallOptions { Headers = HeadersWith(token, requireLeader) }, cancellationToken);

    public Task<string> GetTextAsync(string path, CancellationToken cancellationToken) =>
        _channel.GetTextAsync(path, new CallOptions { Timeout = _options.CallTimeout }, cancellationToken);

    public Task PauseAsync(CancellationToken cancellationToken) => Task.Delay(_options.ResumePause, _options.Time, cancellationToken);

    public void Dispose()
    {
        _channel.Dispose();
        _token.Dispose();
    }

    /// <summary>
    /// Whether a stream that ended so may be opened again with nothing lost: the member went away, or the stream was cut off
    /// without a status (which reads as internal). Any other status is the server's answer; etcd's client draws the same line.
    /// </summary>
    public static bool MayResume(GrpcException failure) => failure.Code is StatusCode.Unavailable or StatusCode.Internal;

    private async Task<TResponse> CallAsync<TRequest, TResponse>(
        string path, TRequest request, MessageParser<TResponse> parser, RepeatRule repeat, TimeSpan? timeout, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse>
    {
        var started = _options.Time.GetTimestamp();
        string? token = null;
        GrpcException? unreached = null;
        for (var (isFirst, renewed) = (true, false); ;)
        {
            // Throws when the time is over, also when it went by while nobody could be asked for a token.
            _ = Remaining(started, timeout, unreached);
            try
            {
                if (isFirst)
                    token = await _token.CurrentAsync(cancellationToken).ConfigureAwait(false);
                isFirst = false;
                var call = new CallOptions { Headers = HeadersWith(token), Timeout = Remaining(started, timeout, unreached), Repeat = repeat };
                return await _channel.UnaryAsync(path, request, parser, call, cancellationToken).ConfigureAwait(false);
            }
            catch (GrpcException canceled) when (canceled.Code == StatusCode.Canceled && cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException(canceled.Message, canceled, cancellationToken);
            }
            catch (GrpcException refused) when (!renewed && _token.Mends(refused.Message, token))
            {
                renewed = true;
                token = await _token.RenewAsync(token, cancellationToken).ConfigureAwait(false);
            }
            catch (GrpcException unreachable) when (unreachable.NeverSent)
            {
                // Nobody could be reached, so any call may wait for a connection; its own time is the limit.
                unreached = unreachable;
                await PauseAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (GrpcException late) when (late.Code == StatusCode.DeadlineExceeded && unreached is not null && late.InnerException is not GrpcException)
            {
                throw new GrpcException(late.Status, inner: unreached);
            }
        }
    }

    /// <param name="started">When the call began.</param>
    /// <param name="timeout">Its time limit.</param>
    /// <param name="unreached">Why nobody could be asked so far: the cause of a time limit that passes.</param>
    private TimeSpan? Remaining(long started, TimeSpan? timeout, GrpcException? unreached)
    {
        if (timeout is not { } limit)
            return null;
        var left = limit - _options.Time.GetElapsedTime(started);
        return left > TimeSpan.Zero ? left : throw new GrpcException(new GrpcStatus(StatusCode.DeadlineExceeded, GrpcTexts.DeadlineExceeded), inner: unreached);
    }

    private static Metadata HeadersWith(string? token, bool requireLeader = false)
    {
        if (token is null && !requireLeader)
            return Metadata.Empty;
        var headers = new Metadata();
        if (token is not null)
            headers.Add("token", token);
        if (requireLeader)
            headers.Add("hasleader", "true");
        return headers;
    }
}
