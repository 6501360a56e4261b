using KvStore.Primitives;

namespace KvStore.Hosting;

/// <summary>The process's monotonic clock as Core's instants. Never the wall clock: a jump of it changes nothing (R18).</summary>
public sealed class MonotonicClock
{
    private readonly TimeProvider _time;
    private readonly long _start;

    public MonotonicClock(TimeProvider time)
    {
        _time = time;
        _start = time.GetTimestamp();
    }

    public Instant Now => new(_time.GetElapsedTime(_start).Ticks);
}
