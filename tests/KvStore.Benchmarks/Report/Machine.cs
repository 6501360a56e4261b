using System.Globalization;
using System.Runtime.InteropServices;

namespace KvStore.Benchmarks.Report;

/// <summary>What the figures were made on.</summary>
internal static class Machine
{
    /// <summary>Processor, memory, system, runtime and the disk of the servers' data, a line each.</summary>
    public static IEnumerable<string> Lines()
    {
        var disk = new DriveInfo(Path.GetTempPath());
        yield return string.Create(CultureInfo.InvariantCulture, $"machine: {Environment.ProcessorCount} cores, {Processor()}, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB");
        yield return $"system: {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";
        yield return string.Create(CultureInfo.InvariantCulture, $"disk: {disk.DriveFormat}, {disk.AvailableFreeSpace >> 30} GiB free");
    }

    private static string Processor()
    {
        var line = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line is null ? "unknown processor" : line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..];
    }
}
