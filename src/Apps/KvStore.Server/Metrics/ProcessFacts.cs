using System.Diagnostics;
using System.Globalization;
using KvStore.Api.Metrics;

namespace KvStore.Server.Metrics;

/// <summary>What the system knows of this process.</summary>
internal static class ProcessFacts
{
    public static double OpenDescriptors => Directory.Exists("/proc/self/fd") ? Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() : 0;

    /// <summary>The soft limit; zero where the system does not tell or sets none.</summary>
    public static double DescriptorLimit
    {
        get
        {
            const string Limits = "/proc/self/limits", Row = "Max open files";
            var row = File.Exists(Limits) ? File.ReadLines(Limits).FirstOrDefault(line => line.StartsWith(Row, StringComparison.Ordinal)) : null;
            var soft = row?[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
            return double.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : 0;
        }
    }

    public static void WriteTo(PrometheusText text)
    {
        using var process = Process.GetCurrentProcess();
        text.Only("process_resident_memory_bytes", process.WorkingSet64);
        text.Only("process_virtual_memory_bytes", process.VirtualMemorySize64);
        text.Only("process_cpu_seconds_total", process.TotalProcessorTime.TotalSeconds);
        text.Only("process_start_time_seconds", new DateTimeOffset(process.StartTime).ToUnixTimeMilliseconds() / 1000.0);
        var (used, limit) = (OpenDescriptors, DescriptorLimit);
        text.Only("process_open_fds", used);
        text.Only("process_max_fds", limit);
        text.Only("os_fd_used", used);
        text.Only("os_fd_limit", limit);
    }
}
