namespace KvStore.Mvcc.Index;

/// <summary>
/// One version of a key, 48 bytes. Immutable but for the two links, which only the Apply lane changes: <see cref="Next"/> when
/// a newer version appears, <see cref="Previous"/> when compaction removes the older one, which no reader can reach by then.
/// </summary>
internal struct VersionRecord
{
    public long Main;

    /// <summary>Zero in a tombstone.</summary>
    public long Created;

    /// <summary>Zero in a tombstone, from 1 otherwise.</summary>
    public long Version;

    public long Lease;
    public int Sub;

    /// <summary>Length of the stored pair.</summary>
    public int StoredBytes;

    /// <summary>The version before this one; 0 where there is none any more.</summary>
    public uint Previous;

    /// <summary>The version after this one; 0 in the newest.</summary>
    public uint Next;

    public readonly bool IsTombstone => Version == 0;

    /// <summary>Whether the key came into being or ceased to be with this version.</summary>
    public readonly bool ChangesLiveness => Version <= 1;
}
