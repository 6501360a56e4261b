using Google.Protobuf;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine.Tests.Support;

namespace KvStore.StateMachine.Tests.Validation;

/// <summary>Every refusal before the log, with its exact text (M16, M21).</summary>
public sealed class RequestValidatorTests
{
    private const int OpsMax = 8;

    [Theory]
    [InlineData("", 0, 0, "etcdserver: key is not provided")]
    [InlineData("", 9, 9, "etcdserver: key is not provided")]
    [InlineData("a", 3, 0, "etcdserver: invalid sort option")]
    [InlineData("a", -1, 0, "etcdserver: invalid sort option")]
    [InlineData("a", 0, 5, "etcdserver: invalid sort option")]
    [InlineData("a", 0, -1, "etcdserver: invalid sort option")]
    [InlineData("a", 2, 4, null)]
    public void Range_IsRefusedWith(string key, int order, int target, string? text) => Assert.Equal(text, Range(new RangeRequest
    {
        Key = Machine.Bytes(key),
        SortOrder = (RangeRequest.Types.SortOrder)order,
        SortTarget = (RangeRequest.Types.SortTarget)target,
    })?.Text);

    [Theory]
    [InlineData(0, 3, 0, null)]
    [InlineData(1, 0, 0, null)]
    [InlineData(1, 1, 0, "RangeStream does not support custom sort orders")]
    [InlineData(2, 0, 0, "RangeStream does not support custom sort orders")]
    [InlineData(0, 0, 5, "RangeStream does not support revision filters")]
    [InlineData(2, 0, 5, "RangeStream does not support custom sort orders")]
    public void RangeStream_IsRefusedWith(int order, int target, long minModRevision, string? text)
    {
        var request = new RangeRequest
        {
            Key = Machine.Bytes("a"),
            SortOrder = (RangeRequest.Types.SortOrder)order,
            SortTarget = (RangeRequest.Types.SortTarget)target,
            MinModRevision = minModRevision,
        };
        Assert.True(RangeFields.TryRead(request.ToByteArray(), out var range));
        var error = RequestValidator.CheckStream(range);
        Assert.Equal(text, error?.Text);
        Assert.True(error is null || error.Code == GrpcCode.Unimplemented);
    }

    [Theory]
    [InlineData("", "", 0, false, false, "etcdserver: key is not provided")]
    [InlineData("a", "v", 0, true, false, "etcdserver: value is provided")]
    [InlineData("a", "", 0, true, false, null)]
    [InlineData("a", "v", 5, false, true, "etcdserver: lease is provided")]
    [InlineData("a", "v", 5, true, true, "etcdserver: value is provided")]
    [InlineData("a", "v", 0, false, true, null)]
    public void Put_IsRefusedWith(string key, string value, long lease, bool ignoreValue, bool ignoreLease, string? text)
    {
        var put = new PutRequest
        {
            Key = Machine.Bytes(key), Value = Machine.Bytes(value), Lease = lease, IgnoreValue = ignoreValue, IgnoreLease = ignoreLease,
        };
        Assert.Equal(text, Txn(new TxnRequest { Failure = { new RequestOp { RequestPut = put } } })?.Text);
        Assert.True(PutFields.TryRead(put.ToByteArray(), out var fields));
        Assert.Equal(text, RequestValidator.Check(fields)?.Text);
    }

    [Fact]
    public void TxnParts_AreRefusedWith()
    {
        Assert.Equal(EtcdErrors.EmptyKey, Txn(new TxnRequest { Compare = { new Compare() } }));
        Assert.Equal(EtcdErrors.EmptyKey, Txn(new TxnRequest { Success = { Delete("") } }));
        Assert.Equal(EtcdErrors.EmptyKey, Txn(new TxnRequest { Success = { new RequestOp { RequestRange = new RangeRequest() } } }));
        Assert.Equal(EtcdErrors.KeyNotFound, Txn(new TxnRequest { Success = { new RequestOp() } }));
        Assert.Null(Txn(new TxnRequest()));
    }

    [Fact]
    public void TooManyOps_CountsTheLongestListAlongThePath()
    {
        // M16
        Assert.Null(Txn(Puts(OpsMax)));
        Assert.Equal(EtcdErrors.TooManyOps, Txn(Puts(OpsMax + 1)));
        var compares = new TxnRequest();
        for (var i = 0; i <= OpsMax; i++)
            compares.Compare.Add(new Compare { Key = Machine.Bytes("a") });
        Assert.Equal(EtcdErrors.TooManyOps, Txn(compares));
        Assert.Null(Txn(Nest(Puts(OpsMax - 1))));
        Assert.Equal(EtcdErrors.TooManyOps, Txn(Nest(Puts(OpsMax))));
        Assert.Null(Txn(Nest(Nest(Puts(OpsMax - 2)))));
        Assert.Equal(EtcdErrors.TooManyOps, Txn(Nest(Nest(Puts(OpsMax - 1)))));
    }

    [Fact]
    public void DeepNesting_IsBoundedWhateverTheBudget()
    {
        // Beyond etcd: the stack of the Apply lane is not an option of the member.
        var txn = new TxnRequest();
        for (var i = 0; i < RequestValidator.NestedTxnsMax; i++)
            txn = Nest(txn);
        Assert.Null(Txn(txn, int.MaxValue));
        Assert.Equal(EtcdErrors.TooManyOps, Txn(Nest(txn), int.MaxValue));
    }

    [Fact]
    public void DuplicateKeys_WithinOneBranch()
    {
        Assert.Equal(EtcdErrors.DuplicateKey, Txn(Success(Put("a"), Put("a"))));
        Assert.Equal(EtcdErrors.DuplicateKey, Txn(Success(Put("b"), Delete("a", "c"))));
        Assert.Equal(EtcdErrors.DuplicateKey, Txn(Success(Delete("a", "c"), Put("b"))));
        Assert.Equal(EtcdErrors.DuplicateKey, Txn(Success(Delete("b"), Put("b"))));
        Assert.Equal(EtcdErrors.DuplicateKey, Txn(new TxnRequest { Failure = { Put("a"), Put("a") } }));
        Assert.Null(Txn(Success(Put("c"), Delete("a", "c"))));
        Assert.Null(Txn(Success(Delete("a", "c"), Delete("b", "d"))));
        Assert.Null(Txn(new TxnRequest { Success = { Put("a") }, Failure = { Put("a") } }));
        Assert.Null(Txn(Success(Delete("a", "\0"), Put("b"))));
        Assert.Equal(EtcdErrors.DuplicateKey, Txn(Success(Delete("a", "c"), Delete("b", "f"), Delete("x"), Put("e"))));
    }

    [Fact]
    public void DuplicateKeys_AcrossNestedTxns()
    {
        Assert.Equal(EtcdErrors.DuplicateKey, Txn(Success(Put("a"), Op(Success(Put("a"))))));
        Assert.Equal(EtcdErrors.DuplicateKey, Txn(Success(Delete("a", "c"), Op(Success(Put("b"))))));
        Assert.Equal(EtcdErrors.DuplicateKey, Txn(Success(Put("b"), Op(Success(Delete("a", "c"))))));
        Assert.Equal(EtcdErrors.DuplicateKey, Txn(Success(Op(Success(Put("a"))), Op(Success(Put("a"))))));
        Assert.Equal(EtcdErrors.DuplicateKey, Txn(Success(Op(Success(Delete("a"))), Op(Success(Put("a"))))));
        Assert.Null(Txn(Success(Op(Success(Put("a"))), Op(Success(Delete("a"))))));
        Assert.Null(Txn(Success(Op(new TxnRequest { Success = { Put("a") }, Failure = { Put("a") } }))));
        Assert.Equal(EtcdErrors.DuplicateKey, Txn(Success(Op(Success(Put("b"))), Op(new TxnRequest { Failure = { Put("b") } }))));
    }

    [Fact]
    public void ShapeIsJudgedBeforeOverlaps() =>
        Assert.Equal(EtcdErrors.EmptyKey, Txn(Success(Put("a"), Put("a"), Put(""))));

    [Theory]
    [InlineData(0, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(-1, false)]
    public void AlarmAction_Unknown_IsAnUnknownMethod(int action, bool allowed) =>
        Assert.Equal(allowed ? null : EtcdErrors.UnknownMethod, RequestValidator.CheckAlarmAction(action));

    [Fact]
    public void RandomBytes_NeverThrow()
    {
        // Flipped and cut requests: either no message, or one that the checks and the state machine read alike.
        var prng = new Primitives.Prng(3);
        var requests = new RequestGenerator(prng);
        using var machine = new Machine();
        for (var i = 0; i < 3000; i++)
        {
            var bytes = requests.Txn(5).ToByteArray();
            for (var flips = prng.Below(4); flips > 0 && bytes.Length > 0; flips--)
                bytes[prng.Below(bytes.Length)] = (byte)prng.NextUInt64();
            bytes = bytes[..(bytes.Length - (prng.Chance(1, 4) ? prng.Below(bytes.Length + 1) : 0))];
            var valid = TxnFields.TryRead(bytes, out var txn) && RequestValidator.Check(txn, 128) is null;
            var command = new Primitives.ByteWriter();
            CommandWriter.Write(command, new Primitives.RequestId(1), default, CommandKind.Txn, bytes);
            var reply = machine.Apply(new Primitives.LogEntry(
                new Primitives.Term(1), machine.Applier.State.Index.Next, Primitives.LogEntryKind.Command, command.ToArray()));
            Assert.False(valid && reply.Error == EtcdErrors.MalformedRequest);
            if (reply.Error is null)
                Assert.NotNull(TxnResponse.Parser.ParseFrom(reply.Body.Span));
        }
    }

    private static EtcdError? Range(RangeRequest request)
    {
        Assert.True(RangeFields.TryRead(request.ToByteArray(), out var range));
        return RequestValidator.Check(range);
    }

    private static EtcdError? Txn(TxnRequest request, int opsMax = OpsMax)
    {
        Assert.True(TxnFields.TryRead(request.ToByteArray(), out var txn));
        return RequestValidator.Check(txn, opsMax);
    }

    private static TxnRequest Puts(int count)
    {
        var txn = new TxnRequest();
        for (var i = 0; i < count; i++)
            txn.Success.Add(Put("k" + i));
        return txn;
    }

    private static TxnRequest Success(params RequestOp[] ops) => new() { Success = { ops } };

    private static TxnRequest Nest(TxnRequest txn) => new() { Success = { Op(txn) } };

    private static RequestOp Op(TxnRequest txn) => new() { RequestTxn = txn };

    private static RequestOp Put(string key) => new() { RequestPut = new PutRequest { Key = Machine.Bytes(key) } };

    private static RequestOp Delete(string key, string end = "") =>
        new() { RequestDeleteRange = new DeleteRangeRequest { Key = Machine.Bytes(key), RangeEnd = Machine.Bytes(end) } };
}
