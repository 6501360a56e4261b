using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.PeerTransport;

/// <summary>
/// One channel to one peer, on a connection of its own: connect, be accepted, send what waits, begin again when it breaks.
/// <code>
///   pausing ──► connecting ──accepted──► sending ──lost──► pausing (queue dropped, peer unreachable)
///                    └──────refused or unreachable────────►┘
/// </code>
/// </summary>
internal sealed class PeerStream
{
    private readonly PeerLink _link;
    private readonly PeerChannel _channel;
    private readonly GrpcChannel _connection;
    private readonly FrameQueue _queue;
    private readonly Prng _jitter;
    private readonly byte[] _batch;
    private long _acceptedAt;
    private bool _isConnected;
    private string? _lastFailure;
    private GrpcStatus _lastRefusal = GrpcStatus.OK;

    public PeerStream(PeerLink link, PeerChannel channel, Prng jitter)
    {
        _link = link;
        _channel = channel;
        _jitter = jitter;
        _connection = link.OpenConnection();
        _queue = new FrameQueue(link.Options.QueueBytesMax(channel));
        _batch = new byte[link.Options.BatchBytes];
    }

    public bool IsConnected => Volatile.Read(ref _isConnected);

    /// <summary>How long the stream has been up; null while it is not.</summary>
    public TimeSpan? ConnectedFor => IsConnected ? _link.Options.Time.GetElapsedTime(Interlocked.Read(ref _acceptedAt)) : null;

    public bool TrySend(ReadOnlyMemory<byte> frame)
    {
        if (frame.Length <= _link.Options.FrameBytesMax && _queue.TryPut(frame))
            return true;
        _link.Counters.OnDropped(1);
        return false;
    }

    /// <summary>Runs until the token ends.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var failures = 0;
        try
        {
            while (!stop.IsCancellationRequested)
            {
                // A snapshot is rare: its connection is made when one is to be sent.
                if (_channel == PeerChannel.Snapshot)
                    await _queue.WaitAsync(stop).ConfigureAwait(false);
                var wasUp = await ConnectAndSendAsync(stop).ConfigureAwait(false);
                failures = wasUp ? 1 : failures + 1;
                await PauseAsync(failures, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // the peer was removed, or we stop
        }
        finally
        {
            Volatile.Write(ref _isConnected, false);
            _queue.Close();
            _connection.Dispose();
        }
    }

    private async Task<bool> ConnectAndSendAsync(CancellationToken stop)
    {
        var accepted = false;
        GrpcStatus end;
        try
        {
            var asked = new CallOptions { Headers = Headers(), Timeout = _link.Options.ConnectTimeout };
            await using var stream = await _connection.UpgradeAsync(PeerMethods.StreamPath, PeerMethods.StreamProtocol, asked, stop).ConfigureAwait(false);
            accepted = true;
            OnAccepted();
            end = await SendAsync(stream, stop).ConfigureAwait(false);
        }
        catch (GrpcException failure)
        {
            end = failure.Status;
        }
#pragma warning disable CA1031 // Whatever a connection dies of, the next attempt must follow: a member without this loop is cut off for good.
        catch (Exception failure) when (!stop.IsCancellationRequested)
        {
            end = new GrpcStatus(StatusCode.Internal, failure.Message);
        }
#pragma warning restore CA1031

        stop.ThrowIfCancellationRequested();
        OnLost(end, accepted);
        return accepted;
    }

    private Metadata Headers()
    {
        var headers = PeerHandshake.Ours(_link.Options, _link.Member).ToMetadata();
        headers.Add(PeerHandshake.ChannelHeader, PeerHandshake.ChannelName(_channel));
        return headers;
    }

    // Sends until the peer ends the stream or a write fails; returns why.
    private async Task<GrpcStatus> SendAsync(Stream stream, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var ended = EndOfStreamAsync(stream, over);
        try
        {
            while (await _queue.WaitAsync(over.Token).ConfigureAwait(false))
            {
                // This is the lane that made the frame. It writes a small one itself; a large one would keep it from its work.
                if (_queue.Bytes > _link.Options.LaneBytesMax)
                    await Task.Yield();
                await SendWaitingAsync(stream, over.Token).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException)
        {
            // The stream has ended, or we stop. Its other half knows why.
        }

        await stream.DisposeAsync().ConfigureAwait(false);
        return await ended.ConfigureAwait(false);
    }

    private async Task SendWaitingAsync(Stream stream, CancellationToken cancellationToken)
    {
        var used = 0;
        while (_queue.TryTake(out var frame))
        {
            if (used + MessagePrefix.Size + frame.Length > _batch.Length)
            {
                await WriteAsync(stream, used, cancellationToken).ConfigureAwait(false);
                used = 0;
            }

            MessagePrefix.Write(_batch.AsSpan(used), frame.Length);
            used += MessagePrefix.Size;
            if (frame.Length > _batch.Length - used)
            {
                // Too large to be gathered: its prefix goes with what was gathered, it goes as it lies.
                await WriteAsync(stream, used, cancellationToken).ConfigureAwait(false);
                used = 0;
                await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
                _link.Counters.OnSent(frame.Length);
            }
            else
            {
                frame.Span.CopyTo(_batch.AsSpan(used));
                used += frame.Length;
            }
        }

        await WriteAsync(stream, used, cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteAsync(Stream stream, int length, CancellationToken cancellationToken)
    {
        if (length == 0)
            return;
        await stream.WriteAsync(_batch.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
        _link.Counters.OnSent(length);
    }

    private static async Task<GrpcStatus> EndOfStreamAsync(Stream stream, CancellationTokenSource over)
    {
        var said = new MessageStream(stream, PeerFarewell.BytesMax);
        try
        {
            await said.MoveNextAsync(CancellationToken.None).ConfigureAwait(false);
            return PeerFarewell.Decode(said.Current.Span);
        }
        catch (GrpcException failure)
        {
            return failure.Status;
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or OperationCanceledException)
        {
            return new GrpcStatus(StatusCode.Unavailable, failure.Message);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
        }
    }

    private void OnAccepted()
    {
        _lastRefusal = GrpcStatus.OK;
        _lastFailure = null;
        Interlocked.Exchange(ref _acceptedAt, _link.Options.Time.GetTimestamp());
        Volatile.Write(ref _isConnected, true);
        _link.Events.OnConnected?.Invoke(_link.Member, _channel);
    }

    private void OnLost(in GrpcStatus end, bool wasAccepted)
    {
        Volatile.Write(ref _isConnected, false);
        _link.Counters.OnSendFailure();
        // What waited was meant for now; raft sends again what is still needed.
        _link.Counters.OnDropped(_queue.Drop());
        if (end.Code is StatusCode.FailedPrecondition or StatusCode.PermissionDenied)
        {
            if (_lastRefusal != end)
                _link.Events.OnRefusedByPeer?.Invoke(_link.Member, end);
            _lastRefusal = end;
        }
        else if (!wasAccepted && _channel == PeerChannel.Control && end.Message != _lastFailure)
        {
            // One of the streams speaks for all: they fail alike.
            _lastFailure = end.Message;
            _link.Events.OnUnreachable?.Invoke(_link.Member, end.Message);
        }

        if (wasAccepted)
            _link.Events.OnDisconnected?.Invoke(_link.Member, _channel, end.Message);
        // A snapshot's own windows notice what is missing; raft does not live on that stream, and its leader is no less there.
        if (_channel != PeerChannel.Snapshot)
            _link.OnUnreachable();
    }

    private Task PauseAsync(int failures, CancellationToken stop)
    {
        var options = _link.Options;
        var pause = Math.Min(options.ReconnectFirst.Ticks << Math.Min(failures - 1, 16), options.ReconnectMax.Ticks);
        // Between a half and the whole, so that members which lost one another do not meet in step.
        return Task.Delay(TimeSpan.FromTicks(_jitter.Between(pause / 2, pause)), options.Time, stop);
    }
}
