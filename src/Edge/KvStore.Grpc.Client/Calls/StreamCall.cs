namespace KvStore.Grpc.Client;

/// <summary>
/// A call with messages both ways, as bytes. One reader and one writer at a time, which may be different threads. Disposing ends
/// the call; the server sees a cancellation unless the call was over.
/// </summary>
public sealed class StreamCall : IDisposable
{
    private readonly CallDeadline _deadline;
    private readonly GrpcChannelOptions _channel;
    private readonly Task<HttpResponseMessage> _response;
    private readonly OutgoingBody _body = new();
    private string _endpoint = "";
    private MessageStream? _messages;
    private bool _ended;
    private int _disposed;

    internal StreamCall(EndpointPool pool, GrpcChannelOptions channel, string path, CallOptions call, CancellationToken cancellationToken)
    {
        _channel = channel;
        _deadline = new CallDeadline(call.Timeout, channel.Time, cancellationToken);
        _response = OpenAsync(pool, path, call);
        // A caller that only writes, or disposes at once, never looks at it.
        _ = _response.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    /// <summary>The message of the last successful move; valid until the next.</summary>
    public ReadOnlyMemory<byte> Current => _messages?.Current ?? default;

    /// <summary>The server's trailers, once the call has ended.</summary>
    public Metadata Trailers { get; private set; } = Metadata.Empty;

    /// <summary>Waits for the server's response headers; throws when the call was refused.</summary>
    public async Task<Metadata> ResponseHeadersAsync()
    {
        try
        {
            var response = await ResponseAsync().ConfigureAwait(false);
            return ResponseStatus.MetadataOf(response.Headers);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            throw TransportErrors.Translate(exception, _deadline, _endpoint);
        }
    }

    /// <summary>Sends one message; waits while the server takes less than it is sent.</summary>
    public Task WriteAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken = default) =>
        WriteFramedAsync(UnaryCall.Frame(message, _channel.SendBytesMax), cancellationToken);

    /// <summary>Sends messages that have their prefixes already, as one write.</summary>
    public async Task WriteFramedAsync(ReadOnlyMemory<byte> framed, CancellationToken cancellationToken = default)
    {
        try
        {
            var stream = await OpenedAsync().ConfigureAwait(false);
            await stream.WriteAsync(framed, cancellationToken).ConfigureAwait(false);
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw await WhyAsync(exception).ConfigureAwait(false);
        }
    }

    /// <summary>No more requests follow; the responses go on.</summary>
    public async Task CompleteAsync()
    {
        try
        {
            await OpenedAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException or GrpcException)
        {
            return; // a call that is over has no more to send; the reader hears why
        }

        _body.Finish();
    }

    /// <summary>The next message; false when the server has ended the call with OK. Another status is thrown.</summary>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default)
    {
        if (_ended)
            return false;
        try
        {
            var response = await ResponseAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            _messages ??= new MessageStream(await response.Content.ReadAsStreamAsync(_deadline.Token).ConfigureAwait(false), _channel.ReceiveBytesMax);
            if (await ReadAsync(cancellationToken).ConfigureAwait(false))
                return true;
            _ended = true;
            _body.Finish();
            Trailers = ResponseStatus.MetadataOf(response.TrailingHeaders);
            return ResponseStatus.OfTrailers(response) is { } failed ? throw failed : false;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException or GrpcException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _ended = true;
            _body.Finish();
            throw TransportErrors.Translate(exception, _deadline, _endpoint);
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _deadline.Cancel();
        _body.Finish();
        if (_response.IsCompletedSuccessfully)
            _response.Result.Dispose();
        _deadline.Dispose();
    }

    // For a single request: written and completed when the connection is there, its failure is the reader's to see.
    internal async void Post(ReadOnlyMemory<byte> message)
    {
        try
        {
            await WriteAsync(message).ConfigureAwait(false);
            await CompleteAsync().ConfigureAwait(false);
        }
        catch (GrpcException)
        {
            // the reader gets the same failure with its status
        }
    }

    private ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
            return _messages!.MoveNextAsync(_deadline.Token);
        return ReadLinkedAsync(cancellationToken);
    }

    private async ValueTask<bool> ReadLinkedAsync(CancellationToken cancellationToken)
    {
        using var joined = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _deadline.Token);
        return await _messages!.MoveNextAsync(joined.Token).ConfigureAwait(false);
    }

    private async Task<Stream> OpenedAsync()
    {
        // Either the connection asks for the body, or the call fails before.
        await Task.WhenAny(_body.Opened, _response).ConfigureAwait(false);
        if (_response.IsFaulted || _response.IsCanceled)
            await _response.ConfigureAwait(false);
        return await _body.Opened.WaitAsync(_deadline.Token).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> ResponseAsync()
    {
        var response = await _response.ConfigureAwait(false);
        return ResponseStatus.OfHeaders(response) is { } refused ? throw refused : response;
    }

    // A write fails because the call has ended; its status says more than the broken pipe does.
    private async Task<GrpcException> WhyAsync(Exception exception)
    {
        if (_response.IsCompletedSuccessfully)
        {
            var response = await _response.ConfigureAwait(false);
            if (ResponseStatus.OfHeaders(response) is { } refused)
                return refused;
        }

        return TransportErrors.Translate(exception, _deadline, _endpoint);
    }

    private async Task<HttpResponseMessage> OpenAsync(EndpointPool pool, string path, CallOptions call)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var endpoint = await pool.NextAsync(_deadline.Token).ConfigureAwait(false);
                _endpoint = endpoint.Label;
                var request = RequestHead.Make(endpoint.Name, path, call, _channel, _deadline.Remaining);
                request.Content = _body;
                return await endpoint.SendAsync(request, _deadline.Token).ConfigureAwait(false);
            }
            catch (HttpRequestException failure) when (TransportErrors.NeverSent(failure) && call.Repeat != RepeatRule.Never && attempt < pool.Count)
            {
                // Nothing was written: the same body serves the next endpoint.
            }
            catch (Exception failure)
            {
                _body.Fail(failure);
                throw;
            }
        }
    }
}
