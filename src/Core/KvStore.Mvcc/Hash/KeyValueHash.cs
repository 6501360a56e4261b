using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>etcd's hash of the key space at a revision (HashKV), computed in slices. The view stays open meanwhile.</summary>
public sealed class KeyValueHash
{
    /// <summary>The hash; final once <see cref="Next"/> has returned true.</summary>
    public uint Value { get; private set; }

    /// <summary>The revision that is hashed.</summary>
    public Revision Revision { get; }

    /// <summary>The compact revision the hash takes into account; -1 when never compacted, as HashKVResponse says it.</summary>
    public long CompactRevision { get; }

    /// <summary>Hashes up to a number of stored revisions; true when all are done.</summary>
    public bool Next(int revisionsMax) => throw new InvariantBrokenException("not yet built");
}
