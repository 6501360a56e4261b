using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;
using KvStore.StateMachine;

namespace KvStore.Api.Members;

/// <summary>
/// Refuses what does not fit into the quota any more, and raises the alarm with which the state machine refuses the rest (M18).
/// Requests without cost, deletions and compactions among them, always pass.
/// </summary>
internal sealed class QuotaGuard(IMember member, NodeGateway gateway, ApiOptions options)
{
    private readonly Quota _quota = Quota.Of(options.QuotaBytes);

    public long LimitBytes => _quota.IsOff ? 0 : _quota.LimitBytes;

    public EtcdError? Check(long costBytes)
    {
        if (_quota.Allows(member.Applied.RetainedBytes, costBytes))
            return null;
        RaiseAlarm();
        return EtcdErrors.NoSpace;
    }

    private void RaiseAlarm()
    {
        var self = member.Status.Self.Value;
        if (member.Applied.Alarms.Any(alarm => alarm.Member.Value == self && alarm.Kind == AlarmKind.NoSpace))
            return;
        var request = new ByteWriter(16);
        request.WriteInt64Field(AlarmRequest.ActionFieldNumber, (long)AlarmRequest.Types.AlarmAction.Activate);
        request.WriteInt64Field(AlarmRequest.MemberIDFieldNumber, (long)self);
        request.WriteInt64Field(AlarmRequest.AlarmFieldNumber, (long)AlarmType.Nospace);
        // Nobody waits for it: the client is refused either way, and the next refusal tries again if this one is lost.
        _ = gateway.ProposeForNobodyAsync(call: null, CommandKind.Alarm, request.WrittenSpan).AsTask();
    }
}
