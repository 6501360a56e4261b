using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine.Tests.Support;

namespace KvStore.StateMachine.Tests.Txns;

public sealed class TxnApplierTests : IDisposable
{
    private readonly Machine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void InnerHeaders_CarryTheRevisionAtTheirPlace()
    {
        _machine.Put("a", "1");
        var response = _machine.TxnDone(new TxnRequest
        {
            Success =
            {
                Get("a"), Delete("missing"), Put("b", "1"), Get("b"), Delete("a"), Delete("missing"), Nested(new TxnRequest { Success = { Get("a") } }),
            },
        });
        long[] revisions = [2, 2, 3, 3, 3, 3];
        Assert.Equal(revisions, response.Responses.Take(6).Select(RevisionOf));
        Assert.Equal(new ResponseHeader(), response.Responses[6].ResponseTxn.Header);
        Assert.Equal(3, response.Responses[6].ResponseTxn.Responses[0].ResponseRange.Header.Revision);
        Assert.Equal(1, response.Responses[3].ResponseRange.Count);
        Assert.Equal(0, response.Responses[6].ResponseTxn.Responses[0].ResponseRange.Count);
    }

    [Fact]
    public void NestedCompares_AreJudgedBeforeAnyOperation()
    {
        // The put before it would make the nested compare hold.
        var response = _machine.TxnDone(new TxnRequest
        {
            Success =
            {
                Put("a", "1"),
                Nested(new TxnRequest { Compare = { Exists("a") }, Success = { Put("b", "then") }, Failure = { Put("b", "else") } }),
            },
        });
        Assert.False(response.Responses[1].ResponseTxn.Succeeded);
        Assert.Equal("else", _machine.RangeDone("b").Kvs[0].Value.ToStringUtf8());
    }

    [Fact]
    public void AllWrites_ShareOneRevision()
    {
        var reply = _machine.Txn(new TxnRequest { Success = { Put("a", "1"), Nested(new TxnRequest { Success = { Put("b", "1") } }) } });
        Assert.Equal(2, reply.Revision.Value);
        Assert.All(_machine.RangeDone("a", "c").Kvs, pair => Assert.Equal(2, pair.ModRevision));
    }

    [Fact]
    public void NothingChanged_NoRevisionConsumed()
    {
        Assert.Equal(1, _machine.Txn(new TxnRequest { Success = { Delete("a"), Nested(new TxnRequest()) } }).Revision.Value);
        Assert.Equal(2, _machine.Put("a", "1") is null ? 0 : _machine.RangeDone("a").Kvs[0].ModRevision);
    }

    [Theory]
    [InlineData(3, "etcdserver: mvcc: required revision is a future revision")]
    [InlineData(2, null)]
    [InlineData(1, "etcdserver: mvcc: required revision has been compacted")]
    [InlineData(-1, "etcdserver: mvcc: required revision has been compacted")]
    [InlineData(0, null)]
    public void RangeWithin_ARevisionThatCannotBeRead_FailsTheWholeTxn(long revision, string? refusal)
    {
        // M4, M7: refused before the put that stands in front of it; on members that do not answer too.
        _machine.Put("a", "1");
        _machine.Compact(2);
        var range = new RequestOp { RequestRange = new RangeRequest { Key = Machine.Bytes("a"), Revision = revision } };
        var reply = _machine.Txn(new TxnRequest { Success = { Put("b", "1"), range } });
        Assert.Equal(refusal, reply.Error?.Text);
        Assert.Equal(refusal is null ? 3 : 2, reply.Revision.Value);
        Assert.Equal(refusal is null ? 1 : 0, _machine.RangeDone("b").Count);
    }

    [Theory]
    [InlineData(-1, null)]
    [InlineData(-2, "etcdserver: mvcc: required revision has been compacted")]
    public void RangeWithin_NegativeRevisionBeforeAnyCompaction_AsEtcd(long revision, string? refusal)
    {
        // As etcd 3.5.30 answered.
        var range = new RequestOp { RequestRange = new RangeRequest { Key = Machine.Bytes("a"), Revision = revision } };
        Assert.Equal(refusal, _machine.Txn(new TxnRequest { Success = { range, Put("a", "1") } }).Error?.Text);
    }

    [Fact]
    public void RefusedOnTheOtherBranch_IsNotChecked()
    {
        var bad = new RequestOp { RequestPut = new PutRequest { Key = Machine.Bytes("a"), Lease = 99 } };
        Assert.Null(_machine.Txn(new TxnRequest { Compare = { Exists("none") }, Success = { bad }, Failure = { Put("b", "1") } }).Error);
        Assert.Equal(EtcdErrors.LeaseNotFound, _machine.Txn(new TxnRequest { Success = { Put("c", "1"), bad } }).Error);
        Assert.Equal(0, _machine.RangeDone("c").Count);
    }

    [Fact]
    public void DeleteThenRecreate_InSiblingTxns_StartsANewLife()
    {
        // M13: put before delete in sibling nested transactions passes the overlap check.
        _machine.Put("a", "1");
        _machine.TxnDone(new TxnRequest
        {
            Success =
            {
                Nested(new TxnRequest { Success = { Put("a", "2") } }),
                Nested(new TxnRequest { Success = { Delete("a") } }),
            },
        });
        Assert.Equal(0, _machine.RangeDone("a").Count);
        _machine.Put("a", "3");
        var pair = _machine.RangeDone("a").Kvs[0];
        Assert.Equal((1, 4, 4), (pair.Version, pair.CreateRevision, pair.ModRevision));
    }

    [Fact]
    public void KeepingPut_AfterADeleteOfItsKey_IsRefusedBeforeAnyWrite()
    {
        // The overlap check compares an open-ended delete literally; etcd's members panic on what follows.
        _machine.Put("b", "1");
        var delete = new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = Machine.Bytes("a"), RangeEnd = Machine.Bytes("\0") } };
        var keep = new RequestOp { RequestPut = new PutRequest { Key = Machine.Bytes("b"), IgnoreValue = true } };
        var reply = _machine.Txn(new TxnRequest { Success = { delete, keep } });
        Assert.Equal(EtcdErrors.KeyNotFound, reply.Error);
        Assert.Equal(1, _machine.RangeDone("b").Count);
        Assert.Null(_machine.Txn(new TxnRequest { Success = { keep, delete } }).Error);
    }

    [Fact]
    public void PutKeepingItsLease_StaysAttached()
    {
        _machine.Grant(1, 10);
        _machine.Put("a", "1", 1);
        var keep = new PutRequest { Key = Machine.Bytes("a"), Value = Machine.Bytes("2"), IgnoreLease = true, PrevKv = true };
        var reply = _machine.Apply(CommandKind.Put, keep);
        Assert.Equal("1", PutResponse.Parser.ParseFrom(reply.Body.Span).PrevKv.Value.ToStringUtf8());
        Assert.Equal(["a"], _machine.KeysOf(1));
    }

    [Fact]
    public void AnswerTooLarge_IsAnErrorWithTheWritesDone()
    {
        using var machine = new Machine(new ApplierOptions { ResponseBytesMax = 100 });
        machine.Put("a", new string('x', 90));
        var reply = machine.Txn(new TxnRequest { Success = { Get("a"), Put("b", "1"), Get("a"), Get("a") } });
        Assert.Equal(EtcdErrors.ResponseTooLarge, reply.Error);
        Assert.True(reply.Body.IsEmpty);
        Assert.Equal(1, machine.RangeDone("b").Count);
    }

    private static long RevisionOf(ResponseOp op) =>
        (op.ResponseRange?.Header ?? op.ResponsePut?.Header ?? op.ResponseDeleteRange.Header).Revision;

    private static RequestOp Get(string key) => new() { RequestRange = new RangeRequest { Key = Machine.Bytes(key) } };

    private static RequestOp Put(string key, string value) =>
        new() { RequestPut = new PutRequest { Key = Machine.Bytes(key), Value = Machine.Bytes(value) } };

    private static RequestOp Delete(string key) => new() { RequestDeleteRange = new DeleteRangeRequest { Key = Machine.Bytes(key) } };

    private static RequestOp Nested(TxnRequest txn) => new() { RequestTxn = txn };

    private static Compare Exists(string key) => new()
    {
        Key = Machine.Bytes(key),
        Target = Compare.Types.CompareTarget.Version,
        Result = Compare.Types.CompareResult.Greater,
    };
}
