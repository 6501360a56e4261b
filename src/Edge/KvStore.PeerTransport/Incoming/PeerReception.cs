using System.Collections.Concurrent;
using KvStore.Grpc;
using KvStore.Grpc.Server;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.PeerTransport;

/// <summary>What other members send to us: judged at the door, then handed to the inbox or to a call's handler. Any thread.</summary>
internal sealed class PeerReception(PeerNetwork transport)
{
    // How long a frame waits for room in the inbox before it is offered again. Short, since an append waits behind it; the lane
    // drains thousands of messages in that time.
    private static readonly TimeSpan RoomPause = TimeSpan.FromMilliseconds(1);

    private readonly ConcurrentDictionary<string, (PeerCallHandler Handler, bool IsOpenToStrangers)> _handlers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(MemberId From, long Serial), CancellationTokenSource> _open = new();
    private long _serials;

    public void Handle(string method, PeerCallHandler handler, bool openToStrangers)
    {
        if (!_handlers.TryAdd(method, (handler, openToStrangers)))
            throw new ArgumentException($"{method} has a handler already", nameof(method));
    }

    public void Register(GrpcServiceTable table)
    {
        table.Duplex(PeerMethods.Stream, ReceiveAsync);
        table.Unary(PeerMethods.Call, AnswerAsync);
        table.Unary(PeerMethods.Probe, AnswerProbe);
    }

    /// <summary>Ends the streams of a member that was removed.</summary>
    public void CutOff(MemberId member)
    {
        foreach (var (key, ended) in _open)
        {
            if (key.From == member)
                ended.Cancel();
        }
    }

    private async ValueTask ReceiveAsync(ServerCall call, RequestReader requests, ResponseWriter responses)
    {
        if (!IsAccepted(call, out var handshake))
            return;
        if (!PeerHandshake.TryReadChannel(call.Header(PeerHandshake.ChannelHeader), out var channel))
        {
            call.Fail(StatusCode.InvalidArgument, "unknown peer channel");
            return;
        }

        if (transport.Inbox is not { } inbox)
        {
            call.Fail(StatusCode.Unavailable, "the member is starting");
            return;
        }

        transport.Meet(handshake);
        var key = (handshake.From, Interlocked.Increment(ref _serials));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken);
        _open[key] = ended;
        try
        {
            await responses.FlushHeadersAsync().ConfigureAwait(false);
            await DeliverAsync(inbox, handshake.From, channel, requests, ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (transport.WasRemoved(handshake.From))
        {
            call.Fail(StatusCode.PermissionDenied, PeerHandshake.RemovedText);
        }
        finally
        {
            _open.TryRemove(key, out _);
        }
    }

    private async Task DeliverAsync(IPeerInbox inbox, MemberId from, PeerChannel channel, RequestReader requests, CancellationToken ended)
    {
        var counters = transport.CountersOf(from);
        while (await requests.MoveNextAsync(ended).ConfigureAwait(false))
        {
            // The frame belongs to the receiver, the buffer to the connection: this copy is the hand-over.
            var frame = requests.Current.ToArray();
            counters.OnReceived(MessagePrefix.Size + frame.Length);
            while (!inbox.TryReceive(from, channel, frame))
            {
                if (channel == PeerChannel.Control)
                {
                    counters.OnReceiveFailure();
                    break;
                }

                // While we wait here nothing is read, and the sender's window closes: back-pressure.
                await Task.Delay(RoomPause, transport.Options.Time, ended).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask AnswerAsync(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter response)
    {
        var method = call.Header(PeerHandshake.MethodHeader) ?? "";
        if (!_handlers.TryGetValue(method, out var entry))
        {
            call.Fail(StatusCode.Unimplemented, $"unknown peer method {method}");
            return;
        }

        var from = MemberId.None;
        if (!entry.IsOpenToStrangers || call.Header(PeerHandshake.FromHeader) is not null)
        {
            if (!IsAccepted(call, out var handshake))
                return;
            from = handshake.From;
        }

        if (request.Length > transport.Options.CallBytesMax)
        {
            call.Fail(GrpcTexts.TooLarge(request.Length, transport.Options.CallBytesMax));
            return;
        }

        var answer = await entry.Handler(from, request, call.CancellationToken).ConfigureAwait(false);
        await response.WriteMessageAsync(ReadOnlyMemory<byte>.Empty, answer).ConfigureAwait(false);
    }

    private ValueTask AnswerProbe(ServerCall call, ReadOnlyMemory<byte> request, ResponseWriter response)
    {
        if (IsAccepted(call, out _))
            response.WriteMessage(ReadOnlySpan<byte>.Empty);
        return ValueTask.CompletedTask;
    }

    private bool IsAccepted(ServerCall call, out PeerHandshake handshake)
    {
        var read = PeerHandshake.Read(call.Header);
        handshake = read!;
        var verdict = read is null
            ? new GrpcStatus(StatusCode.InvalidArgument, "no peer handshake")
            : read.Judge(transport.Options, transport.WasRemoved);
        if (verdict.IsOK)
            return true;
        call.Fail(verdict);
        transport.Events.OnRefused?.Invoke(call.RemoteEndPoint, read?.From ?? MemberId.None, verdict.Message);
        return false;
    }
}
