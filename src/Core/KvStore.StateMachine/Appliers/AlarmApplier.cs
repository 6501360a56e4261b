using KvStore.Mvcc;
using KvStore.Primitives;
using KvStore.Protocol;
using KvStore.Protocol.Etcd;

namespace KvStore.StateMachine;

/// <summary>Raises, lowers and lists alarms.</summary>
internal sealed class AlarmApplier
{
    private readonly MvccWriter _writer;

    public AlarmApplier(MvccWriter writer, AlarmTable loaded)
    {
        _writer = writer;
        Table = loaded;
    }

    public AlarmTable Table { get; private set; }

    /// <summary>The answer lists the alarms concerned; lowering one that is not on concerns none.</summary>
    public EtcdError? Apply(ReadOnlySpan<byte> request, ByteWriter body)
    {
        if (!TryRead(request, out var action, out var alarm))
            return EtcdErrors.MalformedRequest;
        switch (action)
        {
            case (int)AlarmRequest.Types.AlarmAction.Get:
                List(alarm.Kind, body);
                return null;
            case (int)AlarmRequest.Types.AlarmAction.Activate:
                Raise(alarm, body);
                return null;
            case (int)AlarmRequest.Types.AlarmAction.Deactivate:
                Lower(alarm, body);
                return null;
            default:
                return EtcdErrors.UnknownMethod;
        }
    }

    // Alarms are listed by kind whatever member the request names, as in etcd; kind NONE lists all.
    private void List(AlarmKind kind, ByteWriter body)
    {
        foreach (var alarm in Table.Alarms)
        {
            if (kind == AlarmKind.None || alarm.Kind == kind)
                Write(body, alarm);
        }
    }

    private void Raise(Alarm alarm, ByteWriter body)
    {
        if (alarm.Kind == AlarmKind.None)
            return;
        if (!Table.Contains(alarm))
        {
            Table = Table.With(alarm);
            AlarmTable.Put(_writer.Batch, alarm);
        }

        Write(body, alarm);
    }

    private void Lower(Alarm alarm, ByteWriter body)
    {
        if (!Table.Contains(alarm))
            return;
        Table = Table.Without(alarm);
        AlarmTable.Delete(_writer.Batch, alarm);
        Write(body, alarm);
    }

    private static void Write(ByteWriter body, Alarm alarm)
    {
        var start = LengthPrefix.Begin(body, 2);
        body.WriteInt64Field(1, (long)alarm.Member.Value);
        body.WriteInt64Field(2, (int)alarm.Kind);
        LengthPrefix.End(body, start);
    }

    private static bool TryRead(ReadOnlySpan<byte> request, out int action, out Alarm alarm)
    {
        ulong actionNumber = 0, member = 0, kind = 0;
        action = 0;
        alarm = default;
        while (!request.IsEmpty)
        {
            if (!Wire.TryReadField(ref request, out var field, out var type, out var number, out _))
                return false;
            switch ((field, type))
            {
                case (1, Wire.WireType.Varint): actionNumber = number; break;
                case (2, Wire.WireType.Varint): member = number; break;
                case (3, Wire.WireType.Varint): kind = number; break;
                default: break;
            }
        }

        action = (int)actionNumber;
        alarm = new Alarm((AlarmKind)(int)kind, new MemberId(member));
        return true;
    }
}
