using KvStore.Api.Members;
using KvStore.Grpc;
using KvStore.Grpc.Server;
using KvStore.Node.Watch;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using StatusCode = KvStore.Grpc.StatusCode;

namespace KvStore.Api.Watch;

/// <summary>The Watch service: one duplex call is one stream of the Watch lane.</summary>
internal sealed class WatchService(IMember member, ResponseHeaders headers, LeaderMonitor leaders, ApiOptions options)
{
    private readonly LanePost _lane = new(member, options);
    private long _streams;

    public void Register(GrpcServiceTable table)
    {
        var methods = RpcReflection.Descriptor.Services.Single(service => service.Name == "Watch");
        table.Declare(methods);
        table.Duplex(methods.FindMethodByName("Watch"), WatchAsync);
    }

    private async ValueTask WatchAsync(ServerCall call, RequestReader requests, ResponseWriter responses)
    {
        using var ending = leaders.Link(call, out var leaderLost);
        var stream = new WatchStreamId(Interlocked.Increment(ref _streams));
        var queue = new WatchQueue();
        await _lane.PostAsync(WatchMessage.OpenStream(stream, queue), ending.Token).ConfigureAwait(false);
        try
        {
            await responses.FlushHeadersAsync().ConfigureAwait(false);
            var writer = new WatchWriter(stream, queue, responses, headers, _lane, options);
            await RunAsync(ReadAsync(stream, queue, requests, ending.Token), writer.RunAsync(ending.Token), queue, ending).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (leaderLost.IsCancellationRequested)
        {
            call.Fail(EtcdErrors.NoLeader);
        }
        finally
        {
            queue.Close();
            await _lane.PostAsync(WatchMessage.CloseStream(stream), CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The end of the requests does not end the stream; the end of the writing does, and so does a failure of either. Both have
    /// ended when this returns, because what they use belongs to the call.
    /// </summary>
    private static async Task RunAsync(Task reading, Task writing, WatchQueue queue, CancellationTokenSource ending)
    {
        await using var registration = ending.Token.UnsafeRegister(static q => ((WatchQueue)q!).Close(), queue).ConfigureAwait(false);
        var first = await Task.WhenAny(reading, writing).ConfigureAwait(false);
        if (first == writing || !reading.IsCompletedSuccessfully)
            await ending.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(reading, writing).ConfigureAwait(false);
        ending.Token.ThrowIfCancellationRequested();
    }

    private async Task ReadAsync(WatchStreamId stream, WatchQueue queue, RequestReader requests, CancellationToken cancellationToken)
    {
        while (await requests.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!TryRead(stream, requests.Current.Span, out var message))
                throw new GrpcException(StatusCode.Internal, GrpcTexts.UnparsableRequest);
            if (message is { } posted)
                await _lane.PostAsync(posted, cancellationToken).ConfigureAwait(false);
            // A client that asks without reading the answers waits; nothing else bounds them.
            while (queue.Count > options.WatchResponsesMax)
                await Task.Delay(options.LaneRetryInterval, options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool TryRead(WatchStreamId stream, ReadOnlySpan<byte> bytes, out WatchMessage? message)
    {
        message = null;
        WatchRequest request;
        try
        {
            request = WatchRequest.Parser.ParseFrom(bytes);
        }
        catch (Google.Protobuf.InvalidProtocolBufferException)
        {
            return false;
        }

        message = request.RequestUnionCase switch
        {
            WatchRequest.RequestUnionOneofCase.CreateRequest => WatchMessage.CreateWatcher(stream, ToLane(request.CreateRequest)),
            WatchRequest.RequestUnionOneofCase.CancelRequest => WatchMessage.CancelWatcher(stream, request.CancelRequest.WatchId),
            WatchRequest.RequestUnionOneofCase.ProgressRequest => WatchMessage.RequestProgress(stream),
            // etcd ignores what it does not know (a client newer than the server).
            _ => null,
        };
        return true;
    }

    private static WatcherRequest ToLane(WatchCreateRequest request)
    {
        var filters = WatchFilters.None;
        foreach (var filter in request.Filters)
        {
            filters |= filter switch
            {
                WatchCreateRequest.Types.FilterType.Noput => WatchFilters.NoPut,
                WatchCreateRequest.Types.FilterType.Nodelete => WatchFilters.NoDelete,
                _ => WatchFilters.None,
            };
        }

        return new WatcherRequest(
            request.Key.Memory,
            request.RangeEnd.Memory,
            new Revision(request.StartRevision),
            request.WatchId,
            filters,
            request.PrevKv,
            request.ProgressNotify,
            request.Fragment);
    }
}
