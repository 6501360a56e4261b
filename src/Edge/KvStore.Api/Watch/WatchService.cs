using System.Diagnostics.CodeAnalysis;
using KvStore.Api.Members;
using KvStore.Api.Metrics;
using KvStore.Api.Security;
using KvStore.Grpc;
using KvStore.Grpc.Server;
using KvStore.Node.Watch;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using StatusCode = KvStore.Grpc.StatusCode;

namespace KvStore.Api.Watch;

/// <summary>The Watch service: one duplex call is one stream of the Watch lane.</summary>
internal sealed class WatchService(IMember member, NodeGateway gateway, ResponseHeaders headers, LeaderMonitor leaders, ServiceMeasures measures, ApiOptions options)
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
            var writer = new WatchWriter(stream, queue, responses, headers, _lane, measures, options);
            await RunAsync(ReadAsync(call, stream, queue, requests, ending.Token), writer.RunAsync(ending.Token), queue, ending).ConfigureAwait(false);
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

    private async Task ReadAsync(ServerCall call, WatchStreamId stream, WatchQueue queue, RequestReader requests, CancellationToken cancellationToken)
    {
        while (await requests.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!TryRead(requests.Current.Span, out var request))
                throw new GrpcException(StatusCode.Internal, GrpcTexts.UnparsableRequest);
            if (await MessageAsync(call, stream, request).ConfigureAwait(false) is { } posted)
                await _lane.PostAsync(posted, cancellationToken).ConfigureAwait(false);
            // A client that asks without reading the answers waits; nothing else bounds them.
            while (queue.Count > options.WatchResponsesMax)
                await Task.Delay(options.LaneRetryInterval, options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out WatchRequest? request)
    {
        try
        {
            request = WatchRequest.Parser.ParseFrom(bytes);
            return true;
        }
        catch (Google.Protobuf.InvalidProtocolBufferException)
        {
            request = null;
            return false;
        }
    }

    private async ValueTask<WatchMessage?> MessageAsync(ServerCall call, WatchStreamId stream, WatchRequest request) => request.RequestUnionCase switch
    {
        WatchRequest.RequestUnionOneofCase.CreateRequest =>
            WatchMessage.CreateWatcher(stream, ToLane(request.CreateRequest) with { Refusal = await RefusalAsync(call, request.CreateRequest).ConfigureAwait(false) }),
        WatchRequest.RequestUnionOneofCase.CancelRequest => WatchMessage.CancelWatcher(stream, request.CancelRequest.WatchId),
        WatchRequest.RequestUnionOneofCase.ProgressRequest => WatchMessage.RequestProgress(stream),
        // etcd ignores what it does not know (a client newer than the server).
        _ => null,
    };

    /// <summary>
    /// As etcd, a watch is judged once, when it is created, by the range the client named: an end of one zero byte is every later key,
    /// and takes the permission for every later key (GHSA-xg4h-6gfc-h4m8). The refusal is told within the stream, in Go's words.
    /// </summary>
    private async ValueTask<string?> RefusalAsync(ServerCall call, WatchCreateRequest request)
    {
        var identity = await gateway.Identity.IdentifyAsync(call).ConfigureAwait(false);
        var refused = identity.Error ?? Judge(identity, request);
        return refused is null ? null : $"rpc error: code = {(StatusCode)(int)refused.Code} desc = {refused.Text}";
    }

    private static EtcdError? Judge(in Identity identity, WatchCreateRequest request)
    {
        ReadOnlySpan<byte> smallest = [0];
        return identity.Access.CheckRead(request.Key.IsEmpty ? smallest : request.Key.Span, request.RangeEnd.Span);
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
