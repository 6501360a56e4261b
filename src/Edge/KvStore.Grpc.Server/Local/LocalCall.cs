using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace KvStore.Grpc.Server;

/// <summary>
/// A call that this process makes to its own room. It takes the way of every other call (table, rules, counters), with memory
/// where a connection would be: no socket, no TLS, and no certificate but one that is handed on. One writer and one reader at a
/// time; disposing it before its end cancels it.
/// </summary>
public sealed class LocalCall : IAsyncDisposable
{
    private readonly LocalExchange _exchange;
    private readonly Task _running;
    private ReadOnlySequence<byte> _rest;
    private bool _holdsBuffer;
    private bool _hasEnded;

    private LocalCall(GrpcRoom room, in LocalCallHead head, HttpContext? origin, ITlsConnectionFeature? identity, CancellationToken cancellationToken)
    {
        _exchange = new LocalExchange(cancellationToken);
        _running = RunAsync(room, Context(head, origin, identity));
    }

    /// <summary>The last message read; valid until the next is asked for.</summary>
    public ReadOnlySequence<byte> Current { get; private set; }

    /// <summary>How the call ended; known once no further message is read.</summary>
    public GrpcStatus Status { get; private set; }

    /// <summary>
    /// Begins a call for somebody who came over a connection but not as gRPC. Nothing of that connection's TLS goes with it: only
    /// the headers say who the caller is (CVE-2018-16886).
    /// </summary>
    public static LocalCall Start(GrpcRoom room, in LocalCallHead head, HttpContext origin, CancellationToken cancellationToken) =>
        new(room, head, origin, identity: null, cancellationToken);

    /// <summary>Begins a call in the name of the caller of <paramref name="outer"/>: with its metadata and its certificate.</summary>
    public static LocalCall Start(ServerCall outer, string path, CancellationToken cancellationToken) => new(
        outer.Room, new LocalCallHead(path, outer.Http.Request.Headers), outer.Http, outer.Http.Features.Get<ITlsConnectionFeature>(), cancellationToken);

    /// <summary>Sends one message; waits while the handler takes less than it is sent. False: the handler takes no more.</summary>
    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        var body = _exchange.RequestBody;
        MessagePrefix.Write(body.GetSpan(MessagePrefix.Size), message.Length);
        body.Advance(MessagePrefix.Size);
        return !(await body.WriteAsync(message, cancellationToken).ConfigureAwait(false)).IsCompleted;
    }

    /// <summary>No further messages will be sent.</summary>
    public ValueTask HalfCloseAsync() => _exchange.RequestBody.CompleteAsync();

    /// <summary>The next message; false at the end, when <see cref="Status"/> says how it ended.</summary>
    public async ValueTask<bool> MoveNextAsync()
    {
        while (true)
        {
            if (_holdsBuffer && MessageReader.TryRead(ref _rest, int.MaxValue, out var message, out _) == FrameResult.Message)
            {
                Current = message;
                return true;
            }

            // What is left when the handler has ended is no message: it was cancelled in the middle of one.
            if (_hasEnded)
                return await EndAsync().ConfigureAwait(false);
            if (_holdsBuffer)
                _exchange.ResponseBody.AdvanceTo(_rest.Start, _rest.End);
            var result = await _exchange.ResponseBody.ReadAsync().ConfigureAwait(false);
            _rest = result.Buffer;
            _holdsBuffer = true;
            _hasEnded = result.IsCompleted;
        }
    }

    /// <summary>One request, one answer; null when the call was refused, as <see cref="Status"/> says.</summary>
    public async ValueTask<ReadOnlySequence<byte>?> UnaryAsync(ReadOnlyMemory<byte> request)
    {
        // Not awaited before reading: the handler may refuse without reading, and then nobody takes the request.
        var sending = SendOnlyAsync(request);
        var answered = await MoveNextAsync().ConfigureAwait(false);
        await sending.ConfigureAwait(false);
        if (!answered)
            return null;
        // The answer counts only if the call also ended well.
        var answer = new ReadOnlySequence<byte>(Current.ToArray());
        return !await MoveNextAsync().ConfigureAwait(false) && Status.IsOK ? answer : null;
    }

    /// <summary>Ends the call if it has not ended, and waits until the handler has returned.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_running.IsCompleted)
            _exchange.Abort();
        await _exchange.CompleteClientAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _exchange.Release();
    }

    private async Task SendOnlyAsync(ReadOnlyMemory<byte> request)
    {
        await WriteAsync(request, CancellationToken.None).ConfigureAwait(false);
        await HalfCloseAsync().ConfigureAwait(false);
    }

    private async Task RunAsync(GrpcRoom room, HttpContext context)
    {
        try
        {
            await room.InvokeAsync(context, static _ => throw new InvalidOperationException("a local call is none of the table's methods")).ConfigureAwait(false);
        }
        finally
        {
            await _exchange.CompleteServerAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> EndAsync()
    {
        Current = default;
        await _running.ConfigureAwait(false);
        var end = _exchange.Trailers.GrpcStatus.Count > 0 ? _exchange.Trailers : _exchange.Headers;
        var code = int.Parse(end.GrpcStatus.ToString(), CultureInfo.InvariantCulture);
        Status = new GrpcStatus((StatusCode)code, PercentEncoding.Decode(end.GrpcMessage.ToString()));
        return false;
    }

    private DefaultHttpContext Context(in LocalCallHead head, HttpContext? origin, ITlsConnectionFeature? identity)
    {
        var request = new HttpRequestFeature { Protocol = HttpProtocol.Http2, Method = HttpMethods.Post, Scheme = "http", Path = head.Path };
        foreach (var header in head.Headers)
        {
            if (!GrpcHeaders.IsReserved(header.Key) && !header.Key.StartsWith(':'))
                request.Headers[header.Key] = header.Value;
        }

        request.Headers.ContentType = GrpcHeaders.ContentType;
        if (head.Timeout is { } timeout)
            request.Headers.GrpcTimeout = timeout;
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(request);
        features.Set<IRequestBodyPipeFeature>(_exchange);
        features.Set<IHttpResponseFeature>(_exchange);
        features.Set<IHttpResponseBodyFeature>(_exchange);
        features.Set<IHttpResponseTrailersFeature>(_exchange);
        features.Set<IHttpRequestLifetimeFeature>(_exchange);
        if (origin?.Features.Get<IHttpConnectionFeature>() is { } connection)
            features.Set(connection);
        if (identity is not null)
            features.Set(identity);
        return new DefaultHttpContext(features);
    }
}
