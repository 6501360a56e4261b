namespace KvStore.Mvcc;

/// <summary>A key that a delete removed, and its last version. The key's bytes stay valid as long as they are referred to.</summary>
public readonly record struct DeletedKey(ReadOnlyMemory<byte> Key, KeyMeta Previous);
