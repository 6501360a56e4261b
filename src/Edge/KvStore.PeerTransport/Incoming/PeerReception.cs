using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using KvStore.Grpc;
using KvStore.Grpc.Client;
using KvStore.Grpc.Server;
using KvStore.Platform;
using KvStore.Primitives;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

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

    /// <summary>Accepts a stream and delivers its frames until either side ends it.</summary>
    public async Task ReceiveAsync(HttpContext http, CancellationToken stopping)
    {
        var upgrade = http.Features.Get<IHttpUpgradeFeature>();
        if (http.Request.Path.Value != PeerMethods.StreamPath || upgrade is not { IsUpgradableRequest: true } || http.Request.Headers.Upgrade != PeerMethods.StreamProtocol)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        string? Header(string name) => http.Request.Headers.TryGetValue(name, out var values) && values.Count > 0 ? values[0] : null;
        var remote = http.Connection.RemoteIpAddress is { } address ? new IPEndPoint(address, http.Connection.RemotePort) : null;
        var isChannel = PeerHandshake.TryReadChannel(Header(PeerHandshake.ChannelHeader), out var channel);
        var refusal = Judge(Header, remote, out var handshake);
        if (refusal.IsOK && !isChannel)
            refusal = new GrpcStatus(StatusCode.InvalidArgument, "unknown peer channel");
        if (refusal.IsOK && transport.Inbox is null)
            refusal = new GrpcStatus(StatusCode.Unavailable, "the member is starting");
        if (!refusal.IsOK)
        {
            Refuse(http, refusal);
            return;
        }

        transport.Meet(handshake);
        if (http.Features.Get<IConnectionSocketFeature>() is { Socket: { ProtocolType: ProtocolType.Tcp } socket })
            SilentConnections.GiveUp(socket, transport.Options.KeepAlive, transport.Options.KeepAlive);
        http.Response.Headers.Upgrade = PeerMethods.StreamProtocol;
        var stream = await upgrade.UpgradeAsync().ConfigureAwait(false);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        await DeliverAsync(stream, handshake.From, channel, ended).ConfigureAwait(false);
    }

    private async Task DeliverAsync(Stream stream, MemberId from, PeerChannel channel, CancellationTokenSource ended)
    {
        var key = (from, Interlocked.Increment(ref _serials));
        _open[key] = ended;
        try
        {
            await DeliverAsync(transport.Inbox!, from, channel, new MessageStream(stream, transport.Options.FrameBytesMax), ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (transport.WasRemoved(from))
        {
            await SayAsync(stream, new GrpcStatus(StatusCode.PermissionDenied, PeerHandshake.RemovedText)).ConfigureAwait(false);
        }
        catch (GrpcException malformed)
        {
            transport.CountersOf(from).OnReceiveFailure();
            await SayAsync(stream, malformed.Status).ConfigureAwait(false);
        }
        catch (Exception over) when (over is OperationCanceledException or IOException)
        {
            // We stop, or the connection broke: the sender connects again.
        }
        finally
        {
            _open.TryRemove(key, out _);
        }
    }

    private async Task DeliverAsync(IPeerInbox inbox, MemberId from, PeerChannel channel, MessageStream frames, CancellationToken ended)
    {
        var counters = transport.CountersOf(from);
        while (await frames.MoveNextAsync(ended).ConfigureAwait(false))
        {
            // The frame belongs to the receiver, the buffer to the connection: this copy is the hand-over.
            var frame = frames.Current.ToArray();
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

    private static async Task SayAsync(Stream stream, GrpcStatus why)
    {
        try
        {
            await stream.WriteAsync(PeerFarewell.Encode(why)).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException)
        {
            // It went first.
        }
    }

    private static void Refuse(HttpContext http, in GrpcStatus why)
    {
        http.Response.StatusCode = StatusCodes.Status403Forbidden;
        http.Response.Headers.GrpcStatus = ((int)why.Code).ToString(CultureInfo.InvariantCulture);
        http.Response.Headers.GrpcMessage = PercentEncoding.Encode(why.Message);
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
        var verdict = Judge(call.Header, call.RemoteEndPoint, out handshake);
        if (!verdict.IsOK)
            call.Fail(verdict);
        return verdict.IsOK;
    }

    private GrpcStatus Judge(Func<string, string?> header, EndPoint? remote, out PeerHandshake handshake)
    {
        var read = PeerHandshake.Read(header);
        handshake = read!;
        var verdict = read is null
            ? new GrpcStatus(StatusCode.InvalidArgument, "no peer handshake")
            : read.Judge(transport.Options, transport.WasRemoved);
        if (!verdict.IsOK)
            transport.Events.OnRefused?.Invoke(remote, read?.From ?? MemberId.None, verdict.Message);
        return verdict;
    }
}
