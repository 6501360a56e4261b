using KvStore.StateMachine;

namespace KvStore.Api.Maintenance;

/// <summary>Alarms by the names that etcd's texts use.</summary>
internal static class AlarmNames
{
    public static string Of(AlarmKind alarm) => alarm switch
    {
        AlarmKind.NoSpace => "NOSPACE",
        AlarmKind.Corrupt => "CORRUPT",
        _ => "UNKNOWN",
    };
}
