using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>Keys and values.</summary>
public sealed class KvCalls
{
    private const string Service = "/etcdserverpb.KV/";
    private readonly CallSender _sender;

    internal KvCalls(CallSender sender) => _sender = sender;

    public Task<RangeResponse> RangeAsync(RangeRequest request, CancellationToken cancellationToken = default) =>
        _sender.ReadAsync(Service + "Range", request, RangeResponse.Parser, cancellationToken);

    public Task<PutResponse> PutAsync(PutRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "Put", request, PutResponse.Parser, cancellationToken);

    public Task<DeleteRangeResponse> DeleteRangeAsync(DeleteRangeRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "DeleteRange", request, DeleteRangeResponse.Parser, cancellationToken);

    public Task<TxnResponse> TxnAsync(TxnRequest request, CancellationToken cancellationToken = default) =>
        IsReadOnly(request)
            ? _sender.ReadAsync(Service + "Txn", request, TxnResponse.Parser, cancellationToken)
            : _sender.WriteAsync(Service + "Txn", request, TxnResponse.Parser, cancellationToken);

    public Task<CompactionResponse> CompactAsync(CompactionRequest request, CancellationToken cancellationToken = default) =>
        _sender.WriteAsync(Service + "Compact", request, CompactionResponse.Parser, cancellationToken);

    internal static bool IsReadOnly(TxnRequest request) => request.Success.Concat(request.Failure).All(IsReadOnly);

    private static bool IsReadOnly(RequestOp operation) => operation.RequestCase switch
    {
        RequestOp.RequestOneofCase.RequestRange => true,
        RequestOp.RequestOneofCase.RequestTxn => IsReadOnly(operation.RequestTxn),
        _ => false,
    };
}
