using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>What a put did. <see cref="Previous"/> is null where the key did not exist.</summary>
public readonly record struct PutResult(ItemRevision Modified, KeyMeta? Previous);
