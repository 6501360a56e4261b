using KvStore.Primitives;
using KvStore.Protocol.Etcd;

namespace KvStore.Interop.Tests.Differential;

/// <summary>
/// Status, hashes of any revision, alarms, defragmentation, downgrade targets that cannot be. One alarm at a time: in 3.5 every alarm
/// that is taken back opens the door for all (by design 15).
/// </summary>
internal sealed class MaintenanceRequests(Prng random)
{
    private const string Service = "/etcdserverpb.Maintenance/";

    private static readonly string[] Versions = ["", "abc", "3", "3.9.0", "9.9.9", "2.0.0", "3.0.0"];

    /// <summary>The alarm that is on; null for none.</summary>
    private AlarmMember? _alarm;

    public bool HasAlarm => _alarm is not null;

    public RandomRequest Next(long revision, IReadOnlySet<long> compactions) => random.Below(20) switch
    {
        < 3 => new(Service + "Status", new StatusRequest(), StatusResponse.Parser),
        < 8 => HashKv(revision, compactions),
        8 => new(Service + "Hash", new HashRequest(), HashResponse.Parser),
        < 12 => Alarm(AlarmRequest.Types.AlarmAction.Get, (ulong)random.Below(4), (AlarmType)random.Below(3)),
        < 16 => random.Chance(1, 3) ? Activate() : Deactivate(),
        16 => new(Service + "Defragment", new DefragmentRequest(), DefragmentResponse.Parser),
        17 => new(Service + "MoveLeader", new MoveLeaderRequest { TargetID = (ulong)random.Below(3) * 77 }, MoveLeaderResponse.Parser),
        _ => new(Service + "Downgrade", new DowngradeRequest { Action = DowngradeRequest.Types.DowngradeAction.Validate, Version = Versions[random.Below(Versions.Length)] }, DowngradeResponse.Parser),
    };

    /// <summary>Takes back the alarm that is on.</summary>
    public RandomRequest Deactivate() => _alarm is { } alarm && !random.Chance(1, 5)
        ? Alarm(AlarmRequest.Types.AlarmAction.Deactivate, alarm.MemberID, alarm.Alarm)
        : Alarm(AlarmRequest.Types.AlarmAction.Deactivate, (ulong)random.Below(4), (AlarmType)random.Below(3));

    public void OnAnswered(AlarmRequest request, AlarmResponse answer)
    {
        if (answer.Alarms.Count == 0 || request.Action == AlarmRequest.Types.AlarmAction.Get)
            return;
        _alarm = request.Action == AlarmRequest.Types.AlarmAction.Activate ? answer.Alarms[0].Clone() : null;
    }

    private RandomRequest Activate() => _alarm is { } alarm
        ? Alarm(AlarmRequest.Types.AlarmAction.Activate, alarm.MemberID, alarm.Alarm)
        : Alarm(AlarmRequest.Types.AlarmAction.Activate, (ulong)random.Below(4), (AlarmType)random.Below(3));

    /// <summary>Of revisions that were not compacted to (by design 7).</summary>
    private RandomRequest HashKv(long revision, IReadOnlySet<long> compactions)
    {
        long asked;
        do
            asked = random.Below(4) switch { 0 => 0, 1 => revision + random.Below(3), _ => random.Between(Math.Max(1, revision - 80), revision) };
        while (asked != 0 && compactions.Contains(asked));
        return new(Service + "HashKV", new HashKVRequest { Revision = asked }, HashKVResponse.Parser);
    }

    private static RandomRequest Alarm(AlarmRequest.Types.AlarmAction action, ulong member, AlarmType alarm) =>
        new(Service + "Alarm", new AlarmRequest { Action = action, MemberID = member, Alarm = alarm }, AlarmResponse.Parser);
}
