using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>
/// The store as it was when the view was opened. Any thread, no locks; cheap to open. While it is open, nothing that it can
/// reach is reclaimed: neither nodes and records of the index nor stored revisions, so it is closed soon.
/// </summary>
public sealed class MvccView : MvccReader, IDisposable
{
    public override Revision Current => throw new InvariantBrokenException("not yet built");

    public override Revision Compacted => throw new InvariantBrokenException("not yet built");

    public override bool TryCopyKeyValue(ItemRevision place, ByteWriter destination) => throw new InvariantBrokenException("not yet built");

    /// <summary>
    /// Appends the events of [from, to] in revision order to <paramref name="events"/>, whole revisions only, until one of the
    /// limits is passed; returns the first revision not read (to + 1 when all were). <paramref name="from"/> is not below
    /// <see cref="MvccReader.Compacted"/>, <paramref name="to"/> not above <see cref="MvccReader.Current"/>.
    /// </summary>
    public Revision ReadEvents(Revision from, Revision to, int revisionsMax, long bytesMax, bool withPrevious, List<WatchEvent> events) =>
        throw new InvariantBrokenException("not yet built");

    /// <summary>Begins etcd's hash of the key space at a revision in [Compacted, Current]; zero means the current one.</summary>
    public KeyValueHash BeginHash(Revision at) => throw new InvariantBrokenException("not yet built");

    public void Dispose()
    {
    }
}
