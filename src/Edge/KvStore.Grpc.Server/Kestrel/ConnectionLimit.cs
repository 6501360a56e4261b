namespace KvStore.Grpc.Server;

/// <summary>
/// How many connections may be open at once over all listeners that share it. Each is a file descriptor, and a process without
/// any left cannot write its log. Any thread.
/// </summary>
public sealed class ConnectionLimit
{
    private readonly Action<long>? _onRefused;
    private readonly TellingPace _refusals;
    private int _open;
    private int _peak;

    /// <param name="max">Connections open at once.</param>
    /// <param name="time">Clock of <paramref name="onRefused"/>.</param>
    /// <param name="onRefused">Told how many were refused so far: at the pace of <see cref="TellingPace"/>.</param>
    public ConnectionLimit(int max, TimeProvider time, Action<long>? onRefused = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        Max = max;
        _refusals = new TellingPace(time);
        _onRefused = onRefused;
    }

    public int Max { get; }

    public int Open => Volatile.Read(ref _open);

    /// <summary>The most that were open at once since this was asked last.</summary>
    public int TakePeak() => Math.Max(Interlocked.Exchange(ref _peak, 0), Open);

    public long Refused => _refusals.Count;

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
        if (_refusals.IsToBeTold(out var refused))
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
}
