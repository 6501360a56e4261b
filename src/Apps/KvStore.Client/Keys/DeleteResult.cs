using KvStore.Primitives;

namespace KvStore.Client;

/// <summary>Keys were deleted, or there were none.</summary>
/// <param name="Revision">The revision of the store afterwards; a new one only when something was deleted.</param>
/// <param name="Deleted">How many keys were deleted.</param>
/// <param name="Previous">What they held, when it was asked for.</param>
public sealed record DeleteResult(Revision Revision, long Deleted, IReadOnlyList<KvEntry> Previous);
