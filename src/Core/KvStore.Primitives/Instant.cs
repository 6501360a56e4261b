namespace KvStore.Primitives;

/// <summary>
/// A point on a monotonic clock of one process, in ticks of 100 ns from an arbitrary start. Core never asks for the time:
/// it is told (architecture B4). Never comparable between members, never derived from the wall clock.
/// </summary>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);

    public static Instant operator +(Instant instant, TimeSpan span) => new(instant.Ticks + span.Ticks);
    public static Instant operator -(Instant instant, TimeSpan span) => new(instant.Ticks - span.Ticks);
    public static TimeSpan operator -(Instant left, Instant right) => new(left.Ticks - right.Ticks);

    public static bool operator <(Instant left, Instant right) => left.Ticks < right.Ticks;
    public static bool operator >(Instant left, Instant right) => left.Ticks > right.Ticks;
    public static bool operator <=(Instant left, Instant right) => left.Ticks <= right.Ticks;
    public static bool operator >=(Instant left, Instant right) => left.Ticks >= right.Ticks;
}
