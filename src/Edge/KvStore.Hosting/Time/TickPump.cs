using KvStore.Primitives;

namespace KvStore.Hosting;

/// <summary>
/// Tells lanes the time, at once and then at a fixed interval: the first look at the clock is what a member that is alone waits for
/// before it leads. A tick that cannot be posted is lost, and a process that was stopped gets one late tick and not a burst: the
/// instant, not the count, says how much time went by.
/// </summary>
public sealed class TickPump : IDisposable
{
    private readonly MonotonicClock _clock;
    private readonly Action<Instant> _tick;
    private readonly ITimer _timer;

    /// <param name="time">The source of timers and of the clock.</param>
    /// <param name="clock">The clock the instants are read from.</param>
    /// <param name="interval">Time between ticks.</param>
    /// <param name="tick">Posts to the lanes; called by one thread at a time, must not block.</param>
    public TickPump(TimeProvider time, MonotonicClock clock, TimeSpan interval, Action<Instant> tick)
    {
        _clock = clock;
        _tick = tick;
        _timer = time.CreateTimer(static pump => ((TickPump)pump!).Fire(), this, TimeSpan.Zero, interval);
    }

    public void Dispose() => _timer.Dispose();

    private int _firing;

    private void Fire()
    {
        // A timer may fire again while the last call still runs; two ticks at once would arrive out of order.
        if (Interlocked.Exchange(ref _firing, 1) != 0)
            return;
        try
        {
            _tick(_clock.Now);
        }
        finally
        {
            Volatile.Write(ref _firing, 0);
        }
    }
}
