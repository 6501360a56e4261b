using KvStore.Protocol.Etcd;

namespace KvStore.Client;

/// <summary>One thing a transaction does.</summary>
public sealed class Operation
{
    private Operation(RequestOp request) => Request = request;

    /// <summary>The message it travels as.</summary>
    internal RequestOp Request { get; }

    /// <summary>Reads one key.</summary>
    public static Operation Get(KvBytes key) => GetRange(KeyRange.One(key));

    /// <summary>Reads a range of keys.</summary>
    public static Operation GetRange(KeyRange range, RangeOptions? options = null) =>
        new(new RequestOp { RequestRange = (options ?? new RangeOptions()).ToRequest(range) });

    /// <summary>Sets a key. A transaction may set each key once.</summary>
    public static Operation Put(KvBytes key, KvBytes value, PutOptions? options = null) =>
        new(new RequestOp { RequestPut = PutOptions.Request(key, value, options) });

    /// <summary>Deletes keys.</summary>
    public static Operation Delete(KeyRange range, bool withPrevious = false) =>
        new(new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = range.Key, RangeEnd = range.End, PrevKv = withPrevious } });

    /// <summary>A transaction within the transaction, with conditions of its own; it is not committed by itself.</summary>
    public static Operation Nested(Transaction transaction) => new(new RequestOp { RequestTxn = transaction.ToRequest() });
}
