using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>
/// One WatchResponse without its header: the bytes of fields 2 to 7, followed by the bytes of the events (field 11). The edge
/// prepends field 1. The pieces are shared between watchers and immutable.
/// </summary>
/// <param name="HeaderRevision">What the header must say; zero for a cancel because of compaction.</param>
/// <param name="Head">watch_id, created, canceled, compact_revision, cancel_reason, fragment.</param>
/// <param name="Events">Each piece is one encoded event with its tag and length.</param>
/// <param name="EventsBytes">The sum of the lengths of <paramref name="Events"/>.</param>
public readonly record struct WatchFrame(
    Revision HeaderRevision,
    ReadOnlyMemory<byte> Head,
    ReadOnlyMemory<ReadOnlyMemory<byte>> Events,
    long EventsBytes)
{
    /// <summary>True for one that tells a revision and nothing else.</summary>
    public bool IsProgress { get; init; }

    /// <summary>Bytes of the body; what the frame costs in credit.</summary>
    public long Length => Head.Length + EventsBytes;
}
