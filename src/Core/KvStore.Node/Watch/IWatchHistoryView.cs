using KvStore.Mvcc;
using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>A consistent picture of the store; nothing it can reach is removed while it is open. Closed within one handling of messages.</summary>
public interface IWatchHistoryView : IDisposable
{
    Revision Current { get; }

    /// <summary>
    /// Events of revisions below this one may be gone, and so may be those of this very revision whose key was changed again within
    /// it, as in etcd; zero when there was no compaction.
    /// </summary>
    Revision Compacted { get; }

    /// <summary>
    /// Appends the events of [from, to] in order, whole revisions only, until one of the limits is passed; returns the first
    /// revision not read. <paramref name="from"/> is not below <see cref="Compacted"/>, <paramref name="to"/> not above <see cref="Current"/>.
    /// </summary>
    Revision ReadEvents(Revision from, Revision to, int revisionsMax, long bytesMax, bool withPrevious, List<WatchEvent> events);

    /// <summary>Appends the stored KeyValue of an item; false, and nothing appended, where compaction has removed it.</summary>
    bool TryCopyKeyValue(ItemRevision place, ByteWriter destination);
}
