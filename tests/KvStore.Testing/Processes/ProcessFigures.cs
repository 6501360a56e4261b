using System.Globalization;

namespace KvStore.Testing.Processes;

/// <summary>What the kernel says that a process holds and has used.</summary>
/// <param name="ResidentBytes">Memory it holds.</param>
/// <param name="Processor">Processor time since its start, all threads, in the kernel and outside.</param>
/// <param name="Descriptors">Open files and sockets.</param>
public readonly record struct ProcessFigures(long ResidentBytes, TimeSpan Processor, int Descriptors)
{
    /// <summary>The unit of times in /proc; Linux has shown no other to programs for decades.</summary>
    private const double TicksPerSecond = 100;

    public static ProcessFigures Of(int process)
    {
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{process}");
        var status = File.ReadLines(folder + "/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        var kilobytes = long.Parse(status["VmRSS:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
        // The name before the last parenthesis may hold blanks; user and system time are the 12th and 13th words after it.
        var stat = File.ReadAllText(folder + "/stat");
        var words = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(words[11], CultureInfo.InvariantCulture) + long.Parse(words[12], CultureInfo.InvariantCulture);
        return new ProcessFigures(kilobytes * 1024, TimeSpan.FromSeconds(ticks / TicksPerSecond), Directory.GetFiles(folder + "/fd").Length);
    }

    /// <summary>How many files this process, and a child of it, may open; the runtime has raised it as far as it may.</summary>
    public static int DescriptorLimit
    {
        get
        {
            const string Row = "Max open files";
            var row = File.ReadLines("/proc/self/limits").First(line => line.StartsWith(Row, StringComparison.Ordinal));
            var soft = row[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
            return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : int.MaxValue;
        }
    }
}
