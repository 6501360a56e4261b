using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// What clients seldom send: transactions at the limit of operations, requests at the limit of size, numbers that no enum has,
/// leases at the limits of id and time, and the maintenance and cluster calls whose answers one member can give.
/// </summary>
internal sealed class EdgeRequests(Prng random)
{
    /// <summary>Granted here and nowhere else; what expires is asked for no more, and lists leave them out.</summary>
    public const long ShortLivedLeaseMin = 1_000_000;

    private const int TxnOpsMax = 128;
    private const int RequestBytesMax = 1_572_864;

    // Around a request the log's record has some twenty bytes more; how many, depends on the id.
    private const int RecordBytes = 64;

    private long _nextLease = ShortLivedLeaseMin;

    /// <summary>
    /// By design 7: etcd keeps the hash that it took while it compacted to a revision and answers it for that revision later, so
    /// such revisions are not asked for.
    /// </summary>
    public RandomRequest Next(long revision, IReadOnlySet<long> compactions)
    {
        while (true)
        {
            var request = Next(revision);
            if (request.Message is not HashKVRequest hash || !compactions.Contains(hash.Revision))
                return request;
        }
    }

    private RandomRequest Next(long revision) => random.Below(26) switch
    {
        0 => Txn(Ranges(TxnOpsMax)),
        1 => Txn(Ranges(TxnOpsMax + 1)),
        2 => Txn(Nested(random.Between(1, TxnOpsMax), TxnOpsMax)),
        3 => Txn(Puts(TxnOpsMax)),
        4 => Txn(SamePutTwice()),
        5 => Put(RequestBytesMax + RecordBytes),
        6 => Put(RequestBytesMax + (512 * 1024) + RecordBytes),
        7 => Put(RequestBytesMax - (16 * 1024)),
        8 => new("/etcdserverpb.KV/Range", new RangeRequest { Key = Key("k/"), RangeEnd = Key("k0"), SortOrder = (RangeRequest.Types.SortOrder)7 }, RangeResponse.Parser),
        9 => Txn(UnknownCompare()),
        10 => Grant(0, 5000 + random.Below(100)),
        11 => Grant(-random.Between(1, 5), 5000),
        12 => Grant(_nextLease++, 0),
        13 => Grant(_nextLease++, -1),
        14 => Grant(_nextLease++, 9_000_000_000),
        15 => new("/etcdserverpb.Lease/LeaseRevoke", new LeaseRevokeRequest { ID = -random.Between(0, 5) }, LeaseRevokeResponse.Parser),
        16 => HashKv(0),
        17 => HashKv(Math.Max(1, revision - random.Below(5))),
        18 => HashKv(revision + 1 + random.Below(2)),
        19 => HashKv(1),
        20 => Alarm(AlarmRequest.Types.AlarmAction.Get, 0),
        // No unknown action: it ends etcd 3.5 (by design 9).
        21 => Alarm(AlarmRequest.Types.AlarmAction.Get, 1),
        22 => Alarm(AlarmRequest.Types.AlarmAction.Deactivate, 1),
        23 => new("/etcdserverpb.Cluster/MemberRemove", new MemberRemoveRequest { ID = 77 }, MemberRemoveResponse.Parser),
        24 => new("/etcdserverpb.Cluster/MemberPromote", new MemberPromoteRequest { ID = 77 }, MemberPromoteResponse.Parser),
        _ => Cluster(),
    };

    private RandomRequest Cluster() => random.Below(7) switch
    {
        0 => new("/etcdserverpb.Cluster/MemberList", new MemberListRequest { Linearizable = random.Chance(1, 2) }, MemberListResponse.Parser),
        1 => new("/etcdserverpb.Cluster/MemberAdd", new MemberAddRequest { PeerURLs = { "not a url" } }, MemberAddResponse.Parser),
        2 => new("/etcdserverpb.Cluster/MemberAdd", new MemberAddRequest(), MemberAddResponse.Parser),
        3 => new("/etcdserverpb.Cluster/MemberUpdate", new MemberUpdateRequest { ID = 77, PeerURLs = { "http://127.0.0.1:1" } }, MemberUpdateResponse.Parser),
        4 => new("/etcdserverpb.Maintenance/MoveLeader", new MoveLeaderRequest { TargetID = 77 }, MoveLeaderResponse.Parser),
        5 => new("/etcdserverpb.Maintenance/Status", new StatusRequest(), StatusResponse.Parser),
        _ => new("/etcdserverpb.Maintenance/Defragment", new DefragmentRequest(), DefragmentResponse.Parser),
    };

    private static RandomRequest Put(int bytes) => new(
        "/etcdserverpb.KV/Put", new PutRequest { Key = Key("large"), Value = ByteString.CopyFrom(new byte[bytes]) }, PutResponse.Parser);

    private static RandomRequest Txn(TxnRequest txn) => new("/etcdserverpb.KV/Txn", txn, TxnResponse.Parser);

    private static TxnRequest Ranges(int count)
    {
        var txn = new TxnRequest();
        for (var i = 0; i < count; i++)
            txn.Success.Add(new RequestOp { RequestRange = new RangeRequest { Key = Key($"k/{i % 12}") } });
        return txn;
    }

    private TxnRequest Puts(int count)
    {
        var txn = new TxnRequest();
        for (var i = 0; i < count; i++)
            txn.Success.Add(new RequestOp { RequestPut = new PutRequest { Key = Key($"many/{i}"), PrevKv = random.Chance(1, 3) } });
        return txn;
    }

    /// <summary>The outer level's operations and the inner ones share one budget; here they are just within it or one beyond.</summary>
    private TxnRequest Nested(long outer, int budget)
    {
        var inner = (int)Math.Max(0, budget - outer + random.Below(2));
        var txn = Ranges((int)outer - 1);
        txn.Success.Add(new RequestOp { RequestTxn = Ranges(inner) });
        return txn;
    }

    private TxnRequest SamePutTwice()
    {
        var put = new RequestOp { RequestPut = new PutRequest { Key = Key("twice") } };
        var nested = new RequestOp { RequestTxn = new TxnRequest { Success = { put.Clone() } } };
        return random.Below(4) switch
        {
            0 => new TxnRequest { Success = { put, nested } },
            1 => new TxnRequest { Success = { nested, nested.Clone() } },
            2 => new TxnRequest { Success = { new RequestOp { RequestTxn = new TxnRequest { Success = { put }, Failure = { put.Clone() } } } } },
            _ => new TxnRequest { Success = { put }, Failure = { put.Clone() } },
        };
    }

    private TxnRequest UnknownCompare() => new()
    {
        Compare = { new Compare { Key = Key("k/1"), Result = (Compare.Types.CompareResult)random.Between(3, 9), Target = (Compare.Types.CompareTarget)random.Between(4, 9) } },
        Success = { new RequestOp { RequestRange = new RangeRequest { Key = Key("k/1") } } },
    };

    private static RandomRequest Grant(long id, long seconds) => new(
        "/etcdserverpb.Lease/LeaseGrant", new LeaseGrantRequest { ID = id, TTL = seconds }, LeaseGrantResponse.Parser);

    private static RandomRequest HashKv(long revision) => new(
        "/etcdserverpb.Maintenance/HashKV", new HashKVRequest { Revision = revision }, HashKVResponse.Parser);

    private static RandomRequest Alarm(AlarmRequest.Types.AlarmAction action, ulong member) => new(
        "/etcdserverpb.Maintenance/Alarm", new AlarmRequest { Action = action, MemberID = member, Alarm = AlarmType.Nospace }, AlarmResponse.Parser);

    private static ByteString Key(string text) => ByteString.CopyFromUtf8(text);
}
