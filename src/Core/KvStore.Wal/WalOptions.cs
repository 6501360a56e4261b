namespace KvStore.Wal;

/// <summary>The limits of a log.</summary>
public sealed record WalOptions
{
    /// <summary>
    /// Whose log this is. A new log is made for it and an existing one must carry it. Null: take what is recorded, and refuse an
    /// empty directory (offline tools, and a member that restarts without knowing its ids).
    /// </summary>
    public WalIdentity? Identity { get; init; }

    /// <summary>Size to which a segment is preallocated and after which the next one begins. etcd's value; a sync costs the same at any size.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>Unwritten bytes that are kept in memory before they go to the file ahead of the sync. Bounds the buffer, not the batch.</summary>
    public int BufferBytesMax { get; init; } = 4 << 20;
}
