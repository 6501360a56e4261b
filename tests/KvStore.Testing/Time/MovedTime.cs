namespace KvStore.Testing.Time;

/// <summary>A clock that a test moves; its timers are the system's, so what they do comes at its own pace and finds the clock where the test put it.</summary>
public sealed class MovedTime : TimeProvider
{
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _now, by.Ticks);
}
