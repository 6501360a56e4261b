namespace KvStore.Hosting;

/// <summary>
/// Where a lane's thread sleeps: one word of memory and the kernel's futex, so that a sleep and a wake-up are one system call each.
/// </summary>
/// <remarks>
/// The base library's monitors, semaphores and events all sleep on a condition variable. Who is woken then waits for the mutex that
/// the waker still holds, twice with a monitor: each message put its lane to sleep two or three times. One thread waits, any sets.
/// Where there is no futex (macOS) it is a monitor all the same.
/// </remarks>
internal sealed class LaneWake
{
    private const int Clear = 0;
    private const int IsSet = 1;

    /// <summary>The word lies alone in what processors fetch at once (128 bytes).</summary>
    private const int WordAt = 32;

    // Pinned for its life: the kernel knows the word by its address.
    private readonly int[] _words = GC.AllocateArray<int>(2 * WordAt, pinned: true);
    private readonly nint _address;

    public LaneWake() => _address = System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_words, WordAt);

    public void Set()
    {
        if (Interlocked.Exchange(ref _words[WordAt], IsSet) != Clear)
            return;
        if (OperatingSystem.IsLinux())
        {
            Futex.WakeOne(_address);
            return;
        }

        lock (_words)
            Monitor.Pulse(_words);
    }

    /// <summary>Sleeps until the next <see cref="Set"/>, or not at all when it came before.</summary>
    public void Wait()
    {
        // The kernel looks at the word again before it lets the thread sleep: a set in between is not missed.
        while (Interlocked.Exchange(ref _words[WordAt], Clear) == Clear)
        {
            if (OperatingSystem.IsLinux())
                Futex.WaitWhile(_address, Clear);
            else
                SleepWhileClear();
        }
    }

    private void SleepWhileClear()
    {
        lock (_words)
        {
            if (Volatile.Read(ref _words[WordAt]) == Clear)
                Monitor.Wait(_words);
        }
    }
}
