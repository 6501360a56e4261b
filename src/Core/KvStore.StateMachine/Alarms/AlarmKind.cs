namespace KvStore.StateMachine;

/// <summary>The numbers of <c>etcdserverpb.AlarmType</c>.</summary>
public enum AlarmKind
{
    None = 0,
    NoSpace = 1,
    Corrupt = 2,
}
