using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.StateMachine.Tests.Support;

/// <summary>Random requests over few keys, leases and revisions, so that they meet each other.</summary>
internal sealed class RequestGenerator(Prng prng)
{
    private static readonly string[] Alphabet = ["a", "b", "c", "d", "e", "ab", "bc", "\u007f"];

    public PutRequest Put() => new()
    {
        Key = Key(),
        Value = prng.Chance(1, 5) ? ByteString.Empty : ByteString.CopyFromUtf8("v" + prng.Below(4)),
        Lease = prng.Chance(1, 3) ? (long)prng.Below(4UL) : 0,
        PrevKv = prng.Chance(1, 3),
    };

    /// <summary>A put that may keep a part of its key.</summary>
    public PutRequest PutOrKeep()
    {
        var put = Put();
        if (prng.Chance(1, 6))
        {
            put.IgnoreValue = true;
            put.Value = ByteString.Empty;
        }

        if (prng.Chance(1, 6))
        {
            put.IgnoreLease = true;
            put.Lease = 0;
        }

        return put;
    }

    public DeleteRangeRequest Delete() => new() { Key = Key(), RangeEnd = End(), PrevKv = prng.Chance(1, 3) };

    public RangeRequest Range(long current) => new()
    {
        Key = Key(),
        RangeEnd = End(),
        Limit = prng.Chance(1, 2) ? prng.Between(-1, 4) : 0,
        Revision = prng.Chance(1, 3) ? prng.Between(-2, current + 1) : 0,
        SortOrder = (RangeRequest.Types.SortOrder)prng.Below(3),
        SortTarget = (RangeRequest.Types.SortTarget)prng.Below(5),
        KeysOnly = prng.Chance(1, 4),
        CountOnly = prng.Chance(1, 8),
        MinModRevision = Bound(current),
        MaxModRevision = Bound(current),
        MinCreateRevision = Bound(current),
        MaxCreateRevision = Bound(current),
    };

    public TxnRequest Txn(long current, int depth = 0)
    {
        var txn = new TxnRequest();
        for (var i = prng.Below(3); i > 0; i--)
            txn.Compare.Add(Compare(current));
        for (var i = prng.Below(4); i > 0; i--)
            txn.Success.Add(Op(current, depth));
        for (var i = prng.Below(4); i > 0; i--)
            txn.Failure.Add(Op(current, depth));
        return txn;
    }

    private Compare Compare(long current)
    {
        var compare = new Compare
        {
            Result = (Compare.Types.CompareResult)prng.Below(5),
            Target = (Compare.Types.CompareTarget)prng.Below(6),
            Key = Key(),
            RangeEnd = prng.Chance(1, 3) ? End() : ByteString.Empty,
        };
        switch (prng.Below(6))
        {
            case 0: compare.Version = prng.Between(0, 3); break;
            case 1: compare.CreateRevision = prng.Between(0, current); break;
            case 2: compare.ModRevision = prng.Between(0, current); break;
            case 3: compare.Value = ByteString.CopyFromUtf8("v" + prng.Below(4)); break;
            case 4: compare.Lease = prng.Between(0, 3); break;
            default: break;
        }

        return compare;
    }

    private RequestOp Op(long current, int depth) => prng.Below(depth < 3 ? 8 : 7) switch
    {
        0 or 1 => new RequestOp { RequestRange = Range(current) },
        2 or 3 or 4 => new RequestOp { RequestPut = PutOrKeep() },
        5 or 6 => new RequestOp { RequestDeleteRange = Delete() },
        _ => new RequestOp { RequestTxn = Txn(current, depth + 1) },
    };

    private long Bound(long current) => prng.Chance(1, 6) ? prng.Between(-1, current + 1) : 0;

    private ByteString Key() => ByteString.CopyFromUtf8(Alphabet[prng.Below(Alphabet.Length)]);

    private ByteString End() => prng.Below(4) switch
    {
        0 => ByteString.Empty,
        1 => ByteString.CopyFromUtf8("\0"),
        _ => Key(),
    };
}
