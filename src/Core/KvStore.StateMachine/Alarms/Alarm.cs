using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>A member's alarm. Replicated: an alarm of one member holds on all.</summary>
public readonly record struct Alarm(AlarmKind Kind, MemberId Member) : IComparable<Alarm>
{
    public int CompareTo(Alarm other)
    {
        var kind = ((int)Kind).CompareTo((int)other.Kind);
        return kind != 0 ? kind : Member.CompareTo(other.Member);
    }
}
