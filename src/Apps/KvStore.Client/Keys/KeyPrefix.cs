using Google.Protobuf;
using KvStore.Grpc;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;

namespace KvStore.Client;

/// <summary>
/// A part of the key space under one prefix: puts it before every key of a request and takes it from every key of an answer.
/// Requests are the caller's and are cloned; answers are ours and are changed in place. Without a prefix nothing is touched.
/// </summary>
internal sealed class KeyPrefix(ByteString bytes)
{
    public static KeyPrefix None { get; } = new(ByteString.Empty);

    private bool IsNone => bytes.IsEmpty;

    public KeyPrefix Then(ByteString further) => new(Joined(bytes, further));

    public ByteString Add(ByteString key) => IsNone ? key : Joined(bytes, key);

    public ByteString Strip(ByteString key) =>
        IsNone || !key.Span.StartsWith(bytes.Span) ? key : UnsafeByteOperations.UnsafeWrap(key.Memory[bytes.Length..]);

    public RangeRequest Add(RangeRequest request)
    {
        if (IsNone)
            return request;
        var own = request.Clone();
        (own.Key, own.RangeEnd) = Interval(own.Key, own.RangeEnd);
        return own;
    }

    public PutRequest Add(PutRequest request)
    {
        if (IsNone)
            return request;
        var own = request.Clone();
        own.Key = NamedKey(own.Key);
        return own;
    }

    public DeleteRangeRequest Add(DeleteRangeRequest request)
    {
        if (IsNone)
            return request;
        var own = request.Clone();
        (own.Key, own.RangeEnd) = Interval(own.Key, own.RangeEnd);
        return own;
    }

    public TxnRequest Add(TxnRequest request)
    {
        if (IsNone)
            return request;
        var own = request.Clone();
        foreach (var compare in own.Compare)
            (compare.Key, compare.RangeEnd) = Interval(compare.Key, compare.RangeEnd);
        foreach (var operation in own.Success.Concat(own.Failure))
            AddInside(operation);
        return own;
    }

    public WatchCreateRequest Add(WatchCreateRequest request)
    {
        var own = request.Clone();
        if (!IsNone)
            (own.Key, own.RangeEnd) = Interval(own.Key, own.RangeEnd);
        return own;
    }

    public RangeResponse Strip(RangeResponse answer)
    {
        StripAll(answer.Kvs);
        return answer;
    }

    public PutResponse Strip(PutResponse answer)
    {
        Strip(answer.PrevKv);
        return answer;
    }

    public DeleteRangeResponse Strip(DeleteRangeResponse answer)
    {
        StripAll(answer.PrevKvs);
        return answer;
    }

    public TxnResponse Strip(TxnResponse answer)
    {
        foreach (var part in IsNone ? [] : answer.Responses)
        {
            switch (part.ResponseCase)
            {
                case ResponseOp.ResponseOneofCase.ResponseRange:
                    Strip(part.ResponseRange);
                    break;
                case ResponseOp.ResponseOneofCase.ResponsePut:
                    Strip(part.ResponsePut);
                    break;
                case ResponseOp.ResponseOneofCase.ResponseDeleteRange:
                    Strip(part.ResponseDeleteRange);
                    break;
                case ResponseOp.ResponseOneofCase.ResponseTxn:
                    Strip(part.ResponseTxn);
                    break;
            }
        }

        return answer;
    }

    public WatchResponse Strip(WatchResponse answer)
    {
        foreach (var change in IsNone ? [] : answer.Events)
        {
            Strip(change.Kv);
            Strip(change.PrevKv);
        }

        return answer;
    }

    public void StripAll(IEnumerable<KeyValue> kvs)
    {
        foreach (var kv in IsNone ? [] : kvs)
            Strip(kv);
    }

    public void Strip(KeyValue? kv)
    {
        if (kv is not null && !IsNone)
            kv.Key = Strip(kv.Key);
    }

    private void AddInside(RequestOp operation)
    {
        switch (operation.RequestCase)
        {
            case RequestOp.RequestOneofCase.RequestRange:
                operation.RequestRange = Add(operation.RequestRange);
                break;
            case RequestOp.RequestOneofCase.RequestPut:
                operation.RequestPut = Add(operation.RequestPut);
                break;
            case RequestOp.RequestOneofCase.RequestDeleteRange:
                operation.RequestDeleteRange = Add(operation.RequestDeleteRange);
                break;
            case RequestOp.RequestOneofCase.RequestTxn:
                operation.RequestTxn = Add(operation.RequestTxn);
                break;
        }
    }

    // A range without an end ends where the prefix does: behind it are other people's keys.
    private (ByteString Key, ByteString End) Interval(ByteString key, ByteString end)
    {
        if (end.IsEmpty)
            return (NamedKey(key), end);
        return (Add(key), end.Equals(KeyRanges.FromKey) ? KeyRanges.PrefixEnd(bytes.Span) : Add(end));
    }

    // The server refuses an empty key; with the prefix before it, it would be a key like any other.
    private ByteString NamedKey(ByteString key) =>
        key.IsEmpty ? throw new GrpcException(StatusCode.InvalidArgument, "etcdserver: key is not provided") : Add(key);

    private static ByteString Joined(ByteString first, ByteString second)
    {
        var joined = new byte[first.Length + second.Length];
        first.CopyTo(joined, 0);
        second.CopyTo(joined, first.Length);
        return UnsafeByteOperations.UnsafeWrap(joined);
    }
}
