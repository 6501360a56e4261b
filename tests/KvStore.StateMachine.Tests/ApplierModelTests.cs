using Google.Protobuf;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine.Tests.Support;

namespace KvStore.StateMachine.Tests;

/// <summary>Goal: every answer is etcd's. Method: random commands and reads against a dumb model, restarts between them (M7, M13, M14, M20).</summary>
public sealed class ApplierModelTests
{
    private const int CommandsPerSeed = 250;

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 40).Select(seed => (ulong)seed)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void RandomCommands_AgainstTheModel_AnswerAlike(ulong seed)
    {
        var prng = new Prng(seed);
        var requests = new RequestGenerator(prng);
        var model = new EtcdModel();
        using var machine = new Machine();
        for (var i = 0; i < CommandsPerSeed; i++)
        {
            Step(prng, requests, model, machine);
            for (var reads = 0; reads < 4; reads++)
                CompareRange(requests.Range(model.Revision), model, machine);
            if (prng.Chance(1, 40))
                machine.Restart();
            if (prng.Chance(1, 10))
                machine.SweepAll();
        }
    }

    private static void Step(Prng prng, RequestGenerator requests, EtcdModel model, Machine machine)
    {
        switch (prng.Below(10))
        {
            case 0 or 1 or 2:
                ApplyPut(requests.PutOrKeep(), model, machine);
                break;
            case 3:
                var delete = requests.Delete();
                var deleted = machine.Apply(CommandKind.DeleteRange, delete);
                Same(model.Delete(delete), DeleteRangeResponse.Parser.ParseFrom(deleted.Body.Span), null, deleted, model);
                break;
            case 4:
                var grant = prng.Between(1, 3);
                Same(model.Grant(grant), machine.Grant(grant, 60), model);
                break;
            case 5:
                var revoked = prng.Between(1, 3);
                Same(model.Revoke(revoked), machine.Revoke(revoked), model);
                break;
            case 6:
                var revision = prng.Between(Math.Max(model.Revision - 20, 1), model.Revision + 1);
                Same(model.Compact(revision), machine.Compact(revision), model);
                break;
            default:
                ApplyTxn(requests.Txn(model.Revision), model, machine);
                break;
        }
    }

    private static void ApplyPut(PutRequest put, EtcdModel model, Machine machine)
    {
        Assert.True(PutFields.TryRead(put.ToByteArray(), out var fields));
        if (RequestValidator.Check(fields) is not null)
            return;
        var reply = machine.Apply(CommandKind.Put, put);
        var (error, response) = model.Put(put);
        Same(response, PutResponse.Parser.ParseFrom(reply.Body.Span), error, reply, model);
    }

    private static void ApplyTxn(TxnRequest txn, EtcdModel model, Machine machine)
    {
        Assert.True(TxnFields.TryRead(txn.ToByteArray(), out var fields));
        if (RequestValidator.Check(fields, 128) is not null)
            return;
        // Where a delete takes the key from a later put that keeps its value, etcd's members stop; ours refuse. No model for that.
        if (KeepsWhatItDeletes(txn))
            return;
        var reply = machine.Txn(txn);
        var (error, response) = model.Txn(txn);
        Same(response, TxnResponse.Parser.ParseFrom(reply.Body.Span), error, reply, model);
    }

    private static bool KeepsWhatItDeletes(TxnRequest txn) => Writes(txn).Any(put => put.IgnoreValue || put.IgnoreLease) && Deletes(txn);

    private static IEnumerable<PutRequest> Writes(TxnRequest txn) => txn.Success.Concat(txn.Failure).SelectMany(op =>
        op.RequestTxn is { } nested ? Writes(nested) : op.RequestPut is { } put ? [put] : []);

    private static bool Deletes(TxnRequest txn) => txn.Success.Concat(txn.Failure).Any(op =>
        op.RequestDeleteRange is not null || (op.RequestTxn is { } nested && Deletes(nested)));

    private static void CompareRange(RangeRequest range, EtcdModel model, Machine machine)
    {
        var (error, response) = machine.Range(range);
        var (expectedError, expected) = model.Range(range);
        Assert.Equal(expectedError, error);
        Assert.Equal(expected, response);
    }

    private static void Same(EtcdError? expected, Reply reply, EtcdModel model)
    {
        Assert.Equal(expected, reply.Error);
        Assert.Equal(model.Revision, reply.Revision.Value);
    }

    private static void Same(IMessage expected, IMessage actual, EtcdError? error, Reply reply, EtcdModel model)
    {
        Same(error, reply, model);
        Assert.Equal(expected, actual);
    }
}
