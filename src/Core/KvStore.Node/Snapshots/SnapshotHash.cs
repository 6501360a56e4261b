using KvStore.Mvcc;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Node.Snapshots;

/// <summary>What `hashkv` says of a file or a store: the hash that the members of its cluster answer to HashKV.</summary>
/// <param name="Hash">The hash.</param>
/// <param name="HashRevision">The revision that is hashed.</param>
/// <param name="CompactRevision">What was compacted below; -1 when nothing ever was.</param>
public sealed record SnapshotHash(uint Hash, Revision HashRevision, long CompactRevision)
{
    private const int RevisionsAtOnce = 100_000;

    /// <param name="source">The file.</param>
    /// <param name="store">An empty store that the file is read into; the caller's to remove.</param>
    /// <param name="at">The revision to hash; zero for the current one.</param>
    /// <param name="trace">Events of the key space.</param>
    public static SnapshotHash Of(SnapshotSource source, IOrderedStore store, Revision at, ITraceSink trace)
    {
        SnapshotImport.Run(source, store, bump: 0);
        return Of(store, at, trace);
    }

    /// <param name="store">A member's store, which is only read.</param>
    /// <param name="at">The revision to hash; zero for the current one.</param>
    /// <param name="trace">Events of the key space.</param>
    public static SnapshotHash Of(IOrderedStore store, Revision at, ITraceSink trace)
    {
        using var view = MvccStore.Open(store, new MvccOptions(), trace).OpenView();
        if (at > view.Current)
            throw new StorageException(StorageFailure.NotFound, "mvcc: required revision is a future revision");
        if (at > Revision.Zero && at < view.Compacted)
            throw new StorageException(StorageFailure.NotFound, "mvcc: required revision has been compacted");
        var hash = view.BeginHash(at);
        while (!hash.Next(RevisionsAtOnce))
        {
        }

        return new SnapshotHash(hash.Value, hash.Revision, hash.CompactRevision);
    }
}
