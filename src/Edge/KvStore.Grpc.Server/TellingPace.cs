namespace KvStore.Grpc.Server;

/// <summary>
/// How often something is told that whoever reaches a port can make happen: at the first time, and then at most once in
/// <see cref="TellAfter"/>, so that a flood does not fill the log. What is not told is counted. Any thread.
/// </summary>
public sealed class TellingPace(TimeProvider time)
{
    private const long Never = long.MinValue;

    private long _count;
    private long _lastTold = Never;

    /// <summary>Some 2 MB of lines a day at most, and who watches the log still hears of it at once.</summary>
    public static TimeSpan TellAfter { get; } = TimeSpan.FromSeconds(10);

    /// <summary>How often it happened, told or not.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Counts one more; true: it is to be told.</summary>
    /// <param name="count">How often it happened up to now, this time included.</param>
    public bool IsToBeTold(out long count)
    {
        count = Interlocked.Increment(ref _count);
        var now = time.GetTimestamp();
        var last = Interlocked.Read(ref _lastTold);
        return (last == Never || time.GetElapsedTime(last, now) >= TellAfter) && Interlocked.CompareExchange(ref _lastTold, now, last) == last;
    }
}
