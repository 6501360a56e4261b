namespace KvStore.Mvcc;

/// <summary>The limits of the room, with unit and reason.</summary>
public sealed record MvccOptions
{
    /// <summary>
    /// Bytes of one block of encoded events. A block lives as long as any watcher still holds an event of it, so a larger one
    /// pins more; a smaller one costs an allocation more often. 64 KiB stays below the large-object threshold of the collector.
    /// </summary>
    public int EventBlockBytes { get; init; } = 64 * 1024;
}
