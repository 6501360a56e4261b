using System.Buffers;

namespace KvStore.Platform;

/// <summary>
/// An ordered map of bytes: one key space, byte-lexicographic order. One writer at a time; reads from any thread at any time.
/// </summary>
/// <remarks>
/// Failure contract. <see cref="Write"/> is atomic and visible at once, but durable only after a <see cref="Flush"/> that began
/// later has returned; a crash loses a suffix of the written batches, never one from the middle. Every failure is a
/// <see cref="StorageException"/>.
/// </remarks>
public interface IOrderedStore : IDisposable
{
    void Write(StoreBatch batch);

    /// <summary>Appends the value of a key to <paramref name="destination"/>; false, and nothing appended, where there is none.</summary>
    bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination);

    /// <summary>A cursor over [from, to) in ascending order as the store is at this call; an empty <paramref name="toExclusive"/> means no upper bound.</summary>
    IStoreScan Scan(ReadOnlySpan<byte> fromInclusive, ReadOnlySpan<byte> toExclusive);

    /// <summary>As <see cref="Scan"/>, for who will read all of a large table: the store may read ahead with a thread of its own.</summary>
    IStoreScan ScanAhead(ReadOnlySpan<byte> fromInclusive, ReadOnlySpan<byte> toExclusive) => Scan(fromInclusive, toExclusive);

    /// <summary>Makes every batch written before the call durable. May take long; other calls go on meanwhile.</summary>
    void Flush();

    /// <summary>Writes a complete, consistent copy of the store (hard links where possible) into a directory that must not exist yet.</summary>
    void Checkpoint(string directory);

    /// <summary>Bytes on disk and in memory tables; an estimate.</summary>
    StoreSizes Sizes { get; }
}
