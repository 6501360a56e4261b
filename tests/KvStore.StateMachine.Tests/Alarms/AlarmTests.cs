using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine.Tests.Support;
using static KvStore.Protocol.Etcd.AlarmRequest.Types;

namespace KvStore.StateMachine.Tests.Alarms;

public sealed class AlarmTests : IDisposable
{
    private readonly Machine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void RaiseListLower_AsEtcd()
    {
        // Asked of etcd 3.5.30: raising twice answers the alarm, listing ignores the member, lowering twice answers nothing.
        Assert.Equal([(7UL, AlarmType.Nospace)], Answer(AlarmAction.Activate, 7, AlarmType.Nospace));
        Assert.Equal([(7UL, AlarmType.Nospace)], Answer(AlarmAction.Activate, 7, AlarmType.Nospace));
        Assert.Equal([(8UL, AlarmType.Corrupt)], Answer(AlarmAction.Activate, 8, AlarmType.Corrupt));
        Assert.Equal([(7UL, AlarmType.Nospace), (8UL, AlarmType.Corrupt)], Answer(AlarmAction.Get, 9, AlarmType.None));
        Assert.Equal([(8UL, AlarmType.Corrupt)], Answer(AlarmAction.Get, 0, AlarmType.Corrupt));
        _machine.Restart();
        Assert.Equal([(7UL, AlarmType.Nospace), (8UL, AlarmType.Corrupt)], Answer(AlarmAction.Get, 0, AlarmType.None));
        Assert.Empty(Answer(AlarmAction.Deactivate, 0, AlarmType.Nospace));
        Assert.Equal([(7UL, AlarmType.Nospace)], Answer(AlarmAction.Deactivate, 7, AlarmType.Nospace));
        Assert.Empty(Answer(AlarmAction.Deactivate, 7, AlarmType.Nospace));
        Assert.Empty(Answer(AlarmAction.Activate, 7, AlarmType.None));
    }

    [Fact]
    public void NoSpace_StopsWhatTakesSpace_NothingElse()
    {
        // M18
        _machine.Grant(1, 10);
        _machine.Put("a", "1", 1);
        _machine.Alarm(AlarmAction.Activate, 3, AlarmType.Nospace);
        _machine.Restart();
        var put = new PutRequest { Key = Machine.Bytes("b") };
        var nested = new TxnRequest { Failure = { new RequestOp { RequestTxn = new TxnRequest { Success = { new RequestOp { RequestPut = put } } } } } };
        Assert.Equal(EtcdErrors.NoSpace, _machine.Apply(CommandKind.Put, put).Error);
        Assert.Equal(EtcdErrors.NoSpace, _machine.Txn(nested).Error);
        Assert.Equal(EtcdErrors.NoSpace, _machine.Grant(2, 10).Error);
        var deletes = new TxnRequest { Success = { new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = Machine.Bytes("z") } } } };
        Assert.Null(_machine.Txn(deletes).Error);
        Assert.Equal(1, _machine.RangeDone("a").Count);
        Assert.Null(_machine.Compact(2).Error);
        Assert.Null(_machine.Revoke(1).Error);
        Assert.Equal(0, _machine.Delete("a").Deleted);
        _machine.Alarm(AlarmAction.Deactivate, 3, AlarmType.Nospace);
        Assert.Null(_machine.Apply(CommandKind.Put, put).Error);
    }

    [Fact]
    public void Corrupt_StopsEveryChangeOfKeysAndLeases()
    {
        // C15, and it goes before NOSPACE.
        _machine.Grant(1, 10);
        _machine.Alarm(AlarmAction.Activate, 3, AlarmType.Corrupt);
        _machine.Alarm(AlarmAction.Activate, 3, AlarmType.Nospace);
        Reply[] refused =
        [
            _machine.Apply(CommandKind.Put, new PutRequest { Key = Machine.Bytes("b") }),
            _machine.Apply(CommandKind.DeleteRange, new DeleteRangeRequest { Key = Machine.Bytes("b") }),
            _machine.Txn(new TxnRequest()),
            _machine.Compact(1),
            _machine.Grant(2, 10),
            _machine.Revoke(1),
        ];
        Assert.All(refused, reply => Assert.Equal(EtcdErrors.Corrupt, reply.Error));
        Assert.Null(_machine.Checkpoint(1, 5).Error);
    }

    [Fact]
    public void UnknownAction_IsAnUnknownMethod() =>
        Assert.Equal(EtcdErrors.UnknownMethod, _machine.Alarm((AlarmAction)5, 1, AlarmType.Nospace).Error);

    private IEnumerable<(ulong Member, AlarmType Alarm)> Answer(AlarmAction action, ulong member, AlarmType alarm) =>
        AlarmResponse.Parser.ParseFrom(_machine.Alarm(action, member, alarm).Body.Span).Alarms.Select(on => (on.MemberID, on.Alarm));
}
