using System.Runtime.InteropServices;

namespace KvStore.Hosting;

/// <summary>Keeps the process's memory out of the swap (mlockall(2)).</summary>
public static class ResidentMemory
{
    // Pages are locked when they are touched: the collector reserves far more than it uses.
    private const int Current = 1;
    private const int Future = 2;
    private const int OnFault = 4;

    /// <summary>Null when done, else what the system says against it: mostly that the limit of locked memory is too low.</summary>
    public static string? TryLock()
    {
        if (!OperatingSystem.IsLinux())
            return "only on Linux";
        return Libc.LockMemory(Current | Future | OnFault) == 0 ? null : Marshal.GetLastPInvokeErrorMessage();
    }
}
