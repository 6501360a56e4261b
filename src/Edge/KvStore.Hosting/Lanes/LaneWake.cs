namespace KvStore.Hosting;

/// <summary>
/// Where a lane's thread sleeps. A bare monitor: a semaphore of the base library first yields the processor dozens of times, which
/// on a small machine costs more than the sleep it avoids (the lane has spun already, for as long as that pays).
/// </summary>
internal sealed class LaneWake
{
    private readonly object _gate = new();
    private bool _isSet;

    public void Set()
    {
        lock (_gate)
        {
            _isSet = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Sleeps until the next <see cref="Set"/>, or not at all when it came before.</summary>
    public void Wait()
    {
        lock (_gate)
        {
            while (!_isSet)
                Monitor.Wait(_gate);
            _isSet = false;
        }
    }
}
