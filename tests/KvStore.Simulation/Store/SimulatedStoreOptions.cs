namespace KvStore.Simulation.Store;

public sealed record SimulatedStoreOptions
{
    /// <summary>
    /// Batches that may be at risk; beyond it the oldest becomes durable, as when RocksDB flushes a full memory table by itself.
    /// Each holds a picture of the map, so this also bounds the memory of a long run.
    /// </summary>
    public int UnflushedBatchesMax { get; init; } = 256;

    /// <summary>Called before the call does anything. What it throws is what the caller sees: a crash, or a storage failure that changed nothing.</summary>
    public Action<StoreCall>? BeforeCall { get; set; }
}
