namespace KvStore.Wal.Segments;

/// <summary>A segment and the bytes it takes on disk.</summary>
internal readonly record struct SegmentExtent(SegmentName Name, long Bytes);
