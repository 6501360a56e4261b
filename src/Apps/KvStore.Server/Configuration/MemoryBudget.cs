using KvStore.RocksDb;

namespace KvStore.Server.Configuration;

/// <summary>
/// Who may hold how much of the memory a member is to keep to (<c>--memory-bytes</c>), in bytes. The store's shares hold whether
/// the memory was named or is what the machine has; the collected heap is bounded only by a number that was named, as the runtime itself
/// bounds it in a container that has a limit.
/// </summary>
internal sealed record MemoryBudget
{
    private const long Mebi = 1L << 20;

    /// <summary>With half of it a member ended under a load that a gigabyte bears (500 clients putting 4 KiB): the collector needs room to work in.</summary>
    private const long BytesMin = 1024 * Mebi;

    /// <summary>Code, stacks, the runtime's and RocksDB's own structures: what an idle member holds beside its heap, with as much again to grow.</summary>
    private const long OutsideBytes = 192 * Mebi;

    /// <summary>More cache than this competes with the system's cache of files, which holds the same blocks, compressed.</summary>
    private const long BlockCacheBytesMax = 1024 * Mebi;

    /// <summary>Smaller tables make files faster than two threads merge them.</summary>
    private const long WriteBufferBytesMin = 8 * Mebi;

    private static readonly RocksStoreOptions Store = new();

    /// <summary>Of the store, for blocks that were read.</summary>
    public required long BlockCacheBytes { get; init; }

    /// <summary>Of the store, for one memory table of as many as it has by itself.</summary>
    public required long WriteBufferBytes { get; init; }

    /// <summary>At most on the collected heap; null: what the runtime allows.</summary>
    public required long? HeapBytesMax { get; init; }

    /// <summary>The shares of a member that is to keep to so much.</summary>
    /// <param name="bytes">What the member is to keep to; 0: what the machine or container has.</param>
    /// <param name="machineBytes">What the runtime says there is: the machine's memory, or three quarters of a container's limit.</param>
    /// <exception cref="ConfigurationException">Fewer than a member can live with.</exception>
    public static MemoryBudget Of(long bytes, long machineBytes)
    {
        if (bytes is not 0 and < BytesMin)
            throw new ConfigurationException($"--memory-bytes must be 0 or at least {BytesMin} (set to {bytes})");
        var all = bytes == 0 ? machineBytes : bytes;
        var cache = Math.Min(all / 8, BlockCacheBytesMax);
        var buffer = Math.Clamp(all / 32, WriteBufferBytesMin, Store.WriteBufferBytes);
        return new MemoryBudget
        {
            BlockCacheBytes = cache,
            WriteBufferBytes = buffer,
            HeapBytesMax = bytes == 0 ? null : all - cache - (buffer * Store.WriteBuffersMax) - OutsideBytes,
        };
    }
}
