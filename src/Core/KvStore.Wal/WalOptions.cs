using KvStore.Primitives;

namespace KvStore.Wal;

/// <summary>The limits of a log.</summary>
public sealed record WalOptions
{
    /// <summary>Room for the head of a segment and some records; tests take small segments to meet their ends often.</summary>
    public const long SegmentBytesMin = 4 << 10;

    /// <summary>Half of what the "durable" field of a record can say; the other half is for a last record that is too large.</summary>
    public const long SegmentBytesMax = 16L << 30;

    /// <summary>
    /// Whose log this is. A new log is made for it and an existing one must carry it. Null: take what is recorded, and refuse an
    /// empty directory (offline tools, and a member that restarts without knowing its ids).
    /// </summary>
    public WalIdentity? Identity { get; init; }

    /// <summary>Size to which a segment is preallocated and after which the next one begins. etcd's value; a sync costs the same at any size.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>Unwritten bytes that are kept in memory before they go to the file ahead of the sync. Bounds the buffer, not the batch.</summary>
    public int BufferBytesMax { get; init; } = 4 << 20;

    internal void Validate()
    {
        Check.That(SegmentBytes is >= SegmentBytesMin and <= SegmentBytesMax, "a segment has between 4 KiB and 16 GiB");
        Check.That(BufferBytesMax > 0, "the buffer of a log has a positive limit");
    }
}
