using Google.Protobuf;
using Google.Protobuf.Collections;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;

namespace KvStore.StateMachine.Tests.Support;

/// <summary>
/// etcd's semantics in the dumbest form: a copy of the whole key space for each revision, requests and answers as generated
/// messages, one function per rule. Written from etcd's sources, not from ours.
/// </summary>
internal sealed class EtcdModel
{
    private readonly SortedDictionary<long, SortedDictionary<string, KeyValue>> _history = new()
    {
        [1] = new SortedDictionary<string, KeyValue>(StringComparer.Ordinal),
    };

    private readonly SortedSet<long> _leases = [];
    private SortedDictionary<string, KeyValue> _now = new(StringComparer.Ordinal);
    private long _begin = 1;
    private bool _changed;

    public long Revision { get; private set; } = 1;

    public long Compacted { get; private set; } = -1;

    public IReadOnlyCollection<long> Leases => _leases;

    private long Current => _changed ? _begin + 1 : _begin;

    public EtcdError? Grant(long lease) => _leases.Add(lease) ? null : EtcdErrors.LeaseExists;

    public EtcdError? Revoke(long lease)
    {
        if (!_leases.Remove(lease))
            return EtcdErrors.LeaseNotFound;
        Begin();
        foreach (var key in _now.Where(pair => pair.Value.Lease == lease).Select(pair => pair.Key).ToList())
            Remove(key);
        End();
        return null;
    }

    public EtcdError? Compact(long revision)
    {
        if (revision <= Compacted)
            return EtcdErrors.Compacted;
        if (revision > Revision)
            return EtcdErrors.FutureRevision;
        Compacted = revision;
        return null;
    }

    public (EtcdError? Error, PutResponse Response) Put(PutRequest put)
    {
        if (CheckPut(put) is { } error)
            return (error, new PutResponse());
        Begin();
        var response = RunPut(put);
        response.Header = null;
        End();
        return (null, response);
    }

    public DeleteRangeResponse Delete(DeleteRangeRequest delete)
    {
        Begin();
        var response = RunDelete(delete);
        response.Header = null;
        End();
        return response;
    }

    public (EtcdError? Error, TxnResponse Response) Txn(TxnRequest txn)
    {
        var path = new Queue<bool>(Path(txn));
        if (CheckTxn(txn, new Queue<bool>(path)) is { } error)
            return (error, new TxnResponse());
        Begin();
        var response = RunTxn(txn, path);
        response.Header = null;
        End();
        return (null, response);
    }

    public (EtcdError? Error, RangeResponse Response) Range(RangeRequest range)
    {
        if (range.Revision > Revision)
            return (EtcdErrors.FutureRevision, new RangeResponse());
        if (range.Revision > 0 && range.Revision < Compacted)
            return (EtcdErrors.Compacted, new RangeResponse());
        _begin = Revision;
        _changed = false;
        var response = RunRange(range);
        response.Header = null;
        return (null, response);
    }

    private void Begin()
    {
        _begin = Revision;
        _changed = false;
    }

    private void End()
    {
        Revision = Current;
        _history[Revision] = new SortedDictionary<string, KeyValue>(_now, StringComparer.Ordinal);
    }

    private EtcdError? CheckPut(PutRequest put)
    {
        if (put.Lease != 0 && !_leases.Contains(put.Lease))
            return EtcdErrors.LeaseNotFound;
        return (put.IgnoreValue || put.IgnoreLease) && !_now.ContainsKey(put.Key.ToStringUtf8()) ? EtcdErrors.KeyNotFound : null;
    }

    private EtcdError? CheckTxn(TxnRequest txn, Queue<bool> path)
    {
        foreach (var op in path.Dequeue() ? txn.Success : txn.Failure)
        {
            var error = op.RequestCase switch
            {
                RequestOp.RequestOneofCase.RequestRange => CheckRange(op.RequestRange.Revision),
                RequestOp.RequestOneofCase.RequestPut => CheckPut(op.RequestPut),
                RequestOp.RequestOneofCase.RequestTxn => CheckTxn(op.RequestTxn, path),
                _ => null,
            };
            if (error is not null)
                return error;
        }

        return null;
    }

    private EtcdError? CheckRange(long revision)
    {
        if (revision == 0)
            return null;
        if (revision > Revision)
            return EtcdErrors.FutureRevision;
        return revision < Compacted ? EtcdErrors.Compacted : null;
    }

    private IEnumerable<bool> Path(TxnRequest txn)
    {
        var succeeded = txn.Compare.All(Holds);
        yield return succeeded;
        foreach (var op in succeeded ? txn.Success : txn.Failure)
        {
            if (op.RequestCase != RequestOp.RequestOneofCase.RequestTxn)
                continue;
            foreach (var nested in Path(op.RequestTxn))
                yield return nested;
        }
    }

    private bool Holds(Compare compare)
    {
        var pairs = In(_now, compare.Key, compare.RangeEnd);
        if (pairs.Count > 0)
            return pairs.All(pair => Holds(compare, pair));
        return compare.Target != Compare.Types.CompareTarget.Value && Holds(compare, new KeyValue());
    }

    private static bool Holds(Compare compare, KeyValue pair)
    {
        // An unset or foreign member of the oneof reads as its default in the generated class, as it does in Go.
        var order = compare.Target switch
        {
            Compare.Types.CompareTarget.Version => pair.Version.CompareTo(compare.Version),
            Compare.Types.CompareTarget.Create => pair.CreateRevision.CompareTo(compare.CreateRevision),
            Compare.Types.CompareTarget.Mod => pair.ModRevision.CompareTo(compare.ModRevision),
            Compare.Types.CompareTarget.Lease => pair.Lease.CompareTo(compare.Lease),
            Compare.Types.CompareTarget.Value => pair.Value.Span.SequenceCompareTo(compare.Value.Span),
            _ => 0,
        };
        return compare.Result switch
        {
            Compare.Types.CompareResult.Equal => order == 0,
            Compare.Types.CompareResult.NotEqual => order != 0,
            Compare.Types.CompareResult.Greater => order > 0,
            Compare.Types.CompareResult.Less => order < 0,
            _ => true,
        };
    }

    private TxnResponse RunTxn(TxnRequest txn, Queue<bool> path)
    {
        var succeeded = path.Dequeue();
        var response = new TxnResponse { Header = new ResponseHeader(), Succeeded = succeeded };
        foreach (var op in succeeded ? txn.Success : txn.Failure)
        {
            response.Responses.Add(op.RequestCase switch
            {
                RequestOp.RequestOneofCase.RequestRange => new ResponseOp { ResponseRange = RunRange(op.RequestRange) },
                RequestOp.RequestOneofCase.RequestPut => new ResponseOp { ResponsePut = RunPut(op.RequestPut) },
                RequestOp.RequestOneofCase.RequestDeleteRange => new ResponseOp { ResponseDeleteRange = RunDelete(op.RequestDeleteRange) },
                _ => new ResponseOp { ResponseTxn = RunTxn(op.RequestTxn, path) },
            });
        }

        return response;
    }

    private PutResponse RunPut(PutRequest put)
    {
        var key = put.Key.ToStringUtf8();
        _now.TryGetValue(key, out var old);
        _changed = true;
        _now[key] = new KeyValue
        {
            Key = put.Key,
            CreateRevision = old?.CreateRevision ?? Current,
            ModRevision = Current,
            Version = (old?.Version ?? 0) + 1,
            Value = put.IgnoreValue ? old!.Value : put.Value,
            Lease = put.IgnoreLease ? old!.Lease : put.Lease,
        };
        return new PutResponse { Header = Header(), PrevKv = put.PrevKv ? old : null };
    }

    private DeleteRangeResponse RunDelete(DeleteRangeRequest delete)
    {
        var pairs = In(_now, delete.Key, delete.RangeEnd);
        foreach (var pair in pairs)
            Remove(pair.Key.ToStringUtf8());
        var response = new DeleteRangeResponse { Header = Header(), Deleted = pairs.Count };
        if (delete.PrevKv)
            response.PrevKvs.Add(pairs);
        return response;
    }

    private RangeResponse RunRange(RangeRequest range)
    {
        var state = range.Revision > 0 && range.Revision != Current ? At(range.Revision) : _now;
        var all = In(state, range.Key, range.RangeEnd);
        var response = new RangeResponse { Header = Header(), Count = all.Count };
        if (range.CountOnly)
            return response;
        IEnumerable<KeyValue> pairs = all;
        var filtered = range.MinModRevision != 0 || range.MaxModRevision != 0 || range.MinCreateRevision != 0 || range.MaxCreateRevision != 0;
        var inKeyOrder = range.SortOrder == RangeRequest.Types.SortOrder.None
            || (range.SortTarget == RangeRequest.Types.SortTarget.Key && range.SortOrder == RangeRequest.Types.SortOrder.Ascend);
        if (range.Limit > 0 && inKeyOrder && !filtered)
            pairs = pairs.Take((int)range.Limit + 1);
        pairs = pairs.Where(pair =>
            (range.MaxModRevision == 0 || pair.ModRevision <= range.MaxModRevision)
            && (range.MinModRevision == 0 || pair.ModRevision >= range.MinModRevision)
            && (range.MaxCreateRevision == 0 || pair.CreateRevision <= range.MaxCreateRevision)
            && (range.MinCreateRevision == 0 || pair.CreateRevision >= range.MinCreateRevision));
        var result = Sort(range, pairs).ToList();
        if (range.Limit > 0 && result.Count > range.Limit)
        {
            result = result[..(int)range.Limit];
            response.More = true;
        }

        response.Kvs.Add(range.KeysOnly ? result.Select(pair => WithoutValue(range, pair)) : result);
        return response;
    }

    private static IEnumerable<KeyValue> Sort(RangeRequest range, IEnumerable<KeyValue> pairs)
    {
        var comparer = Comparer<KeyValue>.Create((left, right) => range.SortTarget switch
        {
            RangeRequest.Types.SortTarget.Key => left.Key.Span.SequenceCompareTo(right.Key.Span),
            RangeRequest.Types.SortTarget.Version => left.Version.CompareTo(right.Version),
            RangeRequest.Types.SortTarget.Create => left.CreateRevision.CompareTo(right.CreateRevision),
            RangeRequest.Types.SortTarget.Mod => left.ModRevision.CompareTo(right.ModRevision),
            _ => left.Value.Span.SequenceCompareTo(right.Value.Span),
        });
        // LINQ's orderings are stable.
        return range.SortOrder == RangeRequest.Types.SortOrder.Descend
            ? pairs.OrderDescending(comparer)
            : pairs.Order(comparer);
    }

    private static KeyValue WithoutValue(RangeRequest range, KeyValue pair)
    {
        var bare = pair.Clone();
        bare.Value = ByteString.Empty;
        if (range.SortTarget != RangeRequest.Types.SortTarget.Value)
            bare.Lease = 0;
        return bare;
    }

    private void Remove(string key)
    {
        _now.Remove(key);
        _changed = true;
    }

    private ResponseHeader Header() => new() { Revision = Current };

    private SortedDictionary<string, KeyValue> At(long revision) => _history.Last(state => state.Key <= revision).Value;

    private static RepeatedField<KeyValue> In(SortedDictionary<string, KeyValue> state, ByteString key, ByteString end)
    {
        var from = key.ToStringUtf8();
        var to = end.ToStringUtf8();
        return
        [
            .. state.Where(pair => to.Length == 0
                ? pair.Key == from
                : string.CompareOrdinal(pair.Key, from) >= 0 && (to == "\0" || string.CompareOrdinal(pair.Key, to) < 0))
                .Select(pair => pair.Value),
        ];
    }
}
