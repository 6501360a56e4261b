using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine.Tests.Support;

namespace KvStore.StateMachine.Tests.Validation;

public sealed class TxnClassificationTests
{
    [Fact]
    public void ReadOnly_MeansRangesOnBothBranchesAtTheTop()
    {
        Assert.Equal((true, true), Of(new TxnRequest()));
        Assert.Equal((true, false), Of(new TxnRequest { Success = { Get(false) }, Failure = { Get(true) } }));
        Assert.Equal((true, true), Of(new TxnRequest { Success = { Get(true) }, Failure = { Get(true) } }));
        Assert.Equal((false, false), Of(new TxnRequest { Success = { Get(true) }, Failure = { Put() } }));
        var nested = new RequestOp { RequestTxn = new TxnRequest { Success = { Get(true) } } };
        Assert.Equal((false, false), Of(new TxnRequest { Success = { nested } }));
    }

    [Fact]
    public void ReadOnlyTxn_OnAView_AnswersAsTheStateMachineWould()
    {
        // The same transactions, once through the log and once past it.
        var prng = new Prng(11);
        var requests = new RequestGenerator(prng);
        using var machine = new Machine();
        for (var i = 0; i < 30; i++)
            machine.Apply(CommandKind.Put, requests.Put());
        for (var i = 0; i < 2000; i++)
        {
            var request = requests.Txn(machine.Keys.Writer.Current.Value);
            var encoded = request.ToByteArray();
            Assert.True(TxnFields.TryRead(encoded, out var txn));
            if (!TxnClassification.IsReadOnly(txn))
                continue;
            using var view = machine.Keys.OpenView();
            var body = new ByteWriter();
            var error = ReadOnlyTxn.Evaluate(view, txn, body, int.MaxValue);
            var reply = machine.Txn(request);
            Assert.Equal(reply.Error, error);
            if (error is null)
                Assert.Equal(reply.Body.ToArray(), body.ToArray());
        }
    }

    [Fact]
    public void Quota_CountsTheDearerBranchWithNestedPuts()
    {
        // M16
        var inner = new TxnRequest { Failure = { Put(), Put() } };
        var txn = new TxnRequest { Success = { Put(), Get(true), new RequestOp { RequestTxn = inner } }, Failure = { Put() } };
        Assert.True(TxnFields.TryRead(txn.ToByteArray(), out var fields));
        Assert.Equal(3 * (256 + 3 + 5), Quota.CostOf(fields));
        Assert.True(TxnFields.TryRead(new TxnRequest { Success = { Get(true) } }.ToByteArray(), out var reads));
        Assert.Equal(0, Quota.CostOf(reads));
    }

    [Theory]
    [InlineData(1000, 500, 499, true)]
    [InlineData(1000, 500, 500, false)]
    [InlineData(1000, 5000, 0, true)]
    [InlineData(0, Quota.DefaultBytes - 65, 64, true)]
    [InlineData(0, Quota.DefaultBytes - 64, 64, false)]
    [InlineData(-1, long.MaxValue, 64, true)]
    public void Quota_Allows(long configured, long used, long cost, bool allowed) =>
        Assert.Equal(allowed, Quota.Of(configured).Allows(used, cost));

    private static (bool ReadOnly, bool Serializable) Of(TxnRequest request)
    {
        Assert.True(TxnFields.TryRead(request.ToByteArray(), out var txn));
        return (TxnClassification.IsReadOnly(txn), TxnClassification.IsSerializable(txn));
    }

    private static RequestOp Get(bool serializable) =>
        new() { RequestRange = new RangeRequest { Key = Machine.Bytes("key"), Serializable = serializable } };

    private static RequestOp Put() => new() { RequestPut = new PutRequest { Key = Machine.Bytes("key"), Value = Machine.Bytes("value") } };
}
