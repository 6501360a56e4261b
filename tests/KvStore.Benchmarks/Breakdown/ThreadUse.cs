using System.Globalization;

namespace KvStore.Benchmarks.Breakdown;

/// <summary>What the threads of one name have used since they were started, as the kernel counts it (/proc/PID/task).</summary>
/// <param name="OnProcessor">Time on a processor.</param>
/// <param name="Ready">Time ready to run, while all processors were taken.</param>
/// <param name="Voluntary">Times it went to sleep by itself: a wait for a message, a lock, a disk.</param>
/// <param name="Involuntary">Times it was taken off a processor.</param>
internal readonly record struct ThreadUse(TimeSpan OnProcessor, TimeSpan Ready, long Voluntary, long Involuntary)
{
    public static ThreadUse operator +(ThreadUse left, ThreadUse right) =>
        new(left.OnProcessor + right.OnProcessor, left.Ready + right.Ready, left.Voluntary + right.Voluntary, left.Involuntary + right.Involuntary);

    public static ThreadUse operator -(ThreadUse left, ThreadUse right) =>
        new(left.OnProcessor - right.OnProcessor, left.Ready - right.Ready, left.Voluntary - right.Voluntary, left.Involuntary - right.Involuntary);

    /// <summary>By the threads' names, numbers at their ends left out: the pool's workers are one line.</summary>
    public static SortedDictionary<string, ThreadUse> Of(int process)
    {
        var uses = new SortedDictionary<string, ThreadUse>(StringComparer.Ordinal);
        foreach (var task in Directory.EnumerateDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task")))
        {
            try
            {
                var name = File.ReadAllText(Path.Combine(task, "comm")).TrimEnd('\n').TrimEnd("0123456789".ToCharArray());
                uses[name] = uses.GetValueOrDefault(name) + Read(task);
            }
            catch (IOException)
            {
                // The thread has ended meanwhile.
            }
        }

        return uses;
    }

    private static ThreadUse Read(string task)
    {
        // Nanoseconds on a processor, nanoseconds ready, turns.
        var times = File.ReadAllText(Path.Combine(task, "schedstat")).Split(' ');
        var status = File.ReadAllLines(Path.Combine(task, "status"));
        return new ThreadUse(Nanoseconds(times[0]), Nanoseconds(times[1]), Count(status, "voluntary_ctxt_switches:"), Count(status, "nonvoluntary_ctxt_switches:"));
    }

    private static TimeSpan Nanoseconds(string text) => new(long.Parse(text, CultureInfo.InvariantCulture) / TimeSpan.NanosecondsPerTick);

    private static long Count(string[] status, string name) =>
        long.Parse(status.First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..], CultureInfo.InvariantCulture);
}
