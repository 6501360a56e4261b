using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>What one apply batch changed. Immutable, for any lane.</summary>
/// <param name="Before">The store's revision before the batch.</param>
/// <param name="After">The store's revision after it; equal to <paramref name="Before"/> when no key changed.</param>
/// <param name="Events">The changes of (Before, After], in revision order.</param>
public sealed record CommittedBatch(Revision Before, Revision After, ReadOnlyMemory<WatchEvent> Events);
