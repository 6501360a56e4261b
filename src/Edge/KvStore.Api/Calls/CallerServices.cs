using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Grpc.Server;
using KvStore.Protocol.Etcd;
using StatusCode = KvStore.Grpc.StatusCode;

namespace KvStore.Api.Calls;

/// <summary>
/// This server's own services, called in the name of a caller: with its metadata and its certificate, so that Lock and Election do
/// nothing for anybody that he might not do himself. What is refused throws <see cref="GrpcException"/>.
/// </summary>
internal sealed class CallerServices(ServerCall call)
{
    private const string Kv = "/etcdserverpb.KV/";

    /// <summary>Ends what waits: the caller is gone, or its time is over.</summary>
    public CancellationToken Caller => call.CancellationToken;

    public ValueTask<TxnResponse> TxnAsync(TxnRequest request) => AskAsync(Kv + "Txn", request, TxnResponse.Parser);

    public ValueTask<RangeResponse> RangeAsync(RangeRequest request) => AskAsync(Kv + "Range", request, RangeResponse.Parser);

    public ValueTask<DeleteRangeResponse> DeleteAsync(DeleteRangeRequest request) => AskAsync(Kv + "DeleteRange", request, DeleteRangeResponse.Parser);

    public ValueTask<LeaseGrantResponse> GrantAsync(LeaseGrantRequest request) =>
        AskAsync("/etcdserverpb.Lease/LeaseGrant", request, LeaseGrantResponse.Parser);

    /// <summary>The answers of one watcher without its confirmation; ends when the watcher is cancelled, as the last answer says.</summary>
    public async IAsyncEnumerable<WatchResponse> WatchAsync(WatchCreateRequest request)
    {
        var watch = LocalCall.Start(call, "/etcdserverpb.Watch/Watch", Caller);
        await using (watch.ConfigureAwait(false))
        {
            await watch.WriteAsync(new WatchRequest { CreateRequest = request }.ToByteArray(), Caller).ConfigureAwait(false);
            while (await watch.MoveNextAsync().ConfigureAwait(false))
            {
                var response = WatchResponse.Parser.ParseFrom(watch.Current);
                if (!response.Created || response.Canceled)
                    yield return response;
                if (response.Canceled)
                    yield break;
            }

            Caller.ThrowIfCancellationRequested();
            throw Refusal(watch.Status);
        }
    }

    private async ValueTask<TResponse> AskAsync<TResponse>(string path, IMessage request, MessageParser<TResponse> parser)
        where TResponse : IMessage<TResponse>
    {
        // Not cancelled with its caller: a change that is on its way is waited for, since somebody may have to undo it.
        var ask = LocalCall.Start(call, path, CancellationToken.None);
        await using (ask.ConfigureAwait(false))
        {
            var answer = await ask.UnaryAsync(request.ToByteArray()).ConfigureAwait(false);
            return answer is { } bytes ? parser.ParseFrom(bytes) : throw Refusal(ask.Status);
        }
    }

    /// <summary>
    /// etcd's lock and election ask through its client library, whose errors have a text and no code: the caller hears "unknown"
    /// with that text. A server that stops says so, since the call may be repeated elsewhere.
    /// </summary>
    private static GrpcException Refusal(in GrpcStatus status) =>
        new(status.Code is StatusCode.Unavailable or StatusCode.Canceled or StatusCode.DeadlineExceeded ? status.Code : StatusCode.Unknown, status.Message);
}
