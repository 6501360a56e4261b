using System.Collections.Concurrent;

namespace KvStore.Load.Measures;

/// <summary>Counts what the clients of one run do. Thread-safe. Nothing counts before <see cref="Begin"/>: that is the warm-up.</summary>
public sealed class Tally(TimeProvider time)
{
    /// <summary>The timeline's length; what is done later counts in its last second. An hour shows what a picture can.</summary>
    private const int SecondsMax = 3600;

    private readonly LatencyRecorder _latencies = new();
    private readonly ConcurrentDictionary<string, long> _failures = new(StringComparer.Ordinal);
    private readonly long[] _timeline = new long[SecondsMax];
    private long _begin = long.MaxValue;
    private long _end = long.MaxValue;
    private long _done;
    private long _bytes;
    private long _total;

    /// <summary>Answered so far, the warm-up included: for progress only.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>Answered in the measured time so far.</summary>
    public long Done => Interlocked.Read(ref _done);

    /// <summary>What ends from now on is measured.</summary>
    public void Begin() => Volatile.Write(ref _begin, time.GetTimestamp());

    /// <summary>What ends from now on is no longer measured.</summary>
    public void End() => Volatile.Write(ref _end, time.GetTimestamp());

    /// <param name="intended">When it should have begun (<see cref="TimeProvider.GetTimestamp"/>).</param>
    /// <param name="bytes">Of the answer.</param>
    /// <param name="count">How many were done by it.</param>
    public void Succeeded(long intended, long bytes, int count = 1)
    {
        var now = time.GetTimestamp();
        Interlocked.Add(ref _total, count);
        if (now < Volatile.Read(ref _begin) || now >= Volatile.Read(ref _end))
            return;
        Interlocked.Add(ref _done, count);
        Interlocked.Add(ref _bytes, bytes);
        _latencies.Record(time.GetElapsedTime(intended, now));
        CountSecond(now, count);
    }

    public void Failed(string reason)
    {
        var now = time.GetTimestamp();
        if (now >= Volatile.Read(ref _begin) && now < Volatile.Read(ref _end))
            _failures.AddOrUpdate(reason, 1, static (_, count) => count + 1);
    }

    public LoadResult Result(string workload)
    {
        var seconds = time.GetElapsedTime(_begin, Math.Min(_end, time.GetTimestamp())).TotalSeconds;
        return new LoadResult
        {
            Workload = workload,
            Done = Done,
            Seconds = seconds,
            BytesReceived = Interlocked.Read(ref _bytes),
            Latency = _latencies.Summarize(),
            Timeline = _timeline[..Math.Clamp((int)Math.Ceiling(seconds), 0, SecondsMax)],
            Failures = new SortedDictionary<string, long>(_failures, StringComparer.Ordinal),
        };
    }

    private void CountSecond(long now, int count) =>
        Interlocked.Add(ref _timeline[(int)Math.Min((now - _begin) / time.TimestampFrequency, SecondsMax - 1)], count);
}
