namespace KvStore.Grpc.Server;

/// <summary>
/// How many connections may be open at once over all listeners that share it. Each is a file descriptor, and a process without
/// any left cannot write its log. Any thread.
/// </summary>
public sealed class ConnectionLimit
{
    private readonly Action<long>? _onRefused;
    private readonly TimeProvider _time;
    private int _open;
    private int _peak;
    private long _refused;
    private long _lastTold;
    private int _hasTold;

    /// <param name="max">Connections open at once.</param>
    /// <param name="time">Clock of <paramref name="onRefused"/>.</param>
    /// <param name="onRefused">Told how many were refused so far: at the first, and then at most once in <see cref="TellAfter"/>.</param>
    public ConnectionLimit(int max, TimeProvider time, Action<long>? onRefused = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        Max = max;
        _time = time;
        _onRefused = onRefused;
    }

    /// <summary>A flood must not fill the log.</summary>
    public static TimeSpan TellAfter { get; } = TimeSpan.FromSeconds(10);

    public int Max { get; }

    public int Open => Volatile.Read(ref _open);

    /// <summary>The most that were open at once since this was asked last.</summary>
    public int TakePeak() => Math.Max(Interlocked.Exchange(ref _peak, 0), Open);

    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>False: the connection is one too many. True: <see cref="Leave"/> is owed.</summary>
    internal bool TryEnter()
    {
        var open = Interlocked.Increment(ref _open);
        if (open <= Max)
        {
            RaisePeak(open);
            return true;
        }

        Interlocked.Decrement(ref _open);
        var refused = Interlocked.Increment(ref _refused);
        if (IsTimeToTell())
            _onRefused?.Invoke(refused);
        return false;
    }

    internal void Leave() => Interlocked.Decrement(ref _open);

    private void RaisePeak(int open)
    {
        for (var peak = Volatile.Read(ref _peak); peak < open;)
        {
            var seen = Interlocked.CompareExchange(ref _peak, open, peak);
            if (seen == peak)
                return;
            peak = seen;
        }
    }

    private bool IsTimeToTell()
    {
        var now = _time.GetTimestamp();
        var last = Interlocked.Read(ref _lastTold);
        if (Interlocked.Exchange(ref _hasTold, 1) == 0)
        {
            Interlocked.Exchange(ref _lastTold, now);
            return true;
        }

        return _time.GetElapsedTime(last, now) >= TellAfter && Interlocked.CompareExchange(ref _lastTold, now, last) == last;
    }
}
