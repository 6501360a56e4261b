using System.Globalization;

namespace KvStore.Benchmarks.Servers;

/// <summary>
/// How a server is told to keep to so much memory, by its own means: they bound its heap and its caches, and the largest resident set
/// shows whether that was enough. The system's cache of files is not part of it.
/// </summary>
internal static class MemoryAllowance
{
    /// <summary>Of ours for blocks of the store: what is read once at random is not worth keeping.</summary>
    private const long StoreCacheBytes = 128L << 20;

    /// <summary>Of ours for what is not on the collected heap: code, stacks, RocksDB's write buffers and tables.</summary>
    private const long OutsideHeapBytes = 512L << 20;

    public static IReadOnlyList<string> Flags(bool isEtcd) =>
        isEtcd ? [] : ["--store-cache-bytes", StoreCacheBytes.ToString(CultureInfo.InvariantCulture)];

    public static IReadOnlyDictionary<string, string> Environment(bool isEtcd, long bytes) => isEtcd
        ? new Dictionary<string, string> { ["GOMEMLIMIT"] = bytes.ToString(CultureInfo.InvariantCulture) }
        : new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = (bytes - StoreCacheBytes - OutsideHeapBytes).ToString("X", CultureInfo.InvariantCulture) };
}
