namespace KvStore.Node.Snapshots.Bolt;

/// <summary>A bucket of a file: the page of its root, or, where it is small, its only page itself.</summary>
internal sealed record BoltBucket(string Name, ReadOnlyMemory<byte> NameBytes, ulong Root, byte[]? Inline);
