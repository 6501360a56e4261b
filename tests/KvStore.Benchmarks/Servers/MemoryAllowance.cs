using System.Globalization;

namespace KvStore.Benchmarks.Servers;

/// <summary>
/// How a server is told to keep to so much memory, by its own means; the largest resident set shows whether that was enough. The
/// system's cache of files is not part of it.
/// </summary>
internal static class MemoryAllowance
{
    public static IReadOnlyList<string> Flags(bool isEtcd, long bytes) => isEtcd ? [] : ["--memory-bytes", bytes.ToString(CultureInfo.InvariantCulture)];

    public static IReadOnlyDictionary<string, string> Environment(bool isEtcd, long bytes) =>
        isEtcd ? new Dictionary<string, string> { ["GOMEMLIMIT"] = bytes.ToString(CultureInfo.InvariantCulture) } : [];
}
