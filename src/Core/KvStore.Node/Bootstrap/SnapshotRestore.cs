using KvStore.Mvcc;
using KvStore.Node.Snapshots;
using KvStore.Node.Stores;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.StateMachine;
using KvStore.Wal;

namespace KvStore.Node.Bootstrap;

/// <summary>
/// Makes the data directory of a founder whose store is not empty: that of a snapshot. Every founder is restored from the same
/// file, so all begin at the same entry with equal data, and the first election needs nothing else.
/// </summary>
/// <remarks>
/// The log comes first and says that it begins behind entries of which there is no store yet: until the store is whole and the catalog
/// names it, which is one step, a member refuses to start on the directory (C10).
/// </remarks>
public static class SnapshotRestore
{
    /// <summary>Of the log's directory, until the log is whole: without its mark it would be that of a founder without data.</summary>
    internal const string Unfinished = ".part";

    /// <param name="files">The disk.</param>
    /// <param name="stores">Makes the store.</param>
    /// <param name="trace">Events of the log.</param>
    /// <param name="source">The snapshot.</param>
    /// <param name="founding">The cluster to begin: a plan of founders (C4, C11).</param>
    /// <param name="options">Where the member's directories are to be. The data directory exists and is empty.</param>
    /// <param name="bump">How far to raise the revision; see <see cref="SnapshotImport"/>.</param>
    /// <returns>The revision of the restored data.</returns>
    public static Revision Run(
        IFileSystem files, IOrderedStoreProvider stores, ITraceSink trace, SnapshotSource source, BootstrapPlan founding, NodeOptions options, long bump)
    {
        Check.That(founding.IsFounder, "a snapshot is the beginning of a cluster");
        // As etcd counts: one entry for each founder came before.
        var index = new LogIndex((ulong)founding.Members.Count);
        MemberRestore.MakeDirectories(files, options);
        MakeLog(files, trace, founding, options, index);
        var catalog = StoreCatalog.Open(files, stores, options.StoreDirectory);
        var path = catalog.Begin();
        Revision revision;
        using (var store = stores.Open(path))
        {
            revision = SnapshotImport.Run(source, store, bump);
            FoundCluster(store, founding, index);
        }

        catalog.Adopt(path);
        return revision;
    }

    /// <summary>After a failed run: takes away what it had made. Only where there was nothing before it.</summary>
    public static void RemoveUnfinished(IFileSystem files, NodeOptions options)
    {
        files.DeleteDirectory(options.MemberDirectory);
        files.DeleteDirectory(options.WalDirectory);
        files.DeleteDirectory(options.WalDirectory + Unfinished);
    }

    private static void FoundCluster(IOrderedStore store, BootstrapPlan founding, LogIndex index)
    {
        var batch = new StoreBatch();
        var members = new List<Member>(founding.Members.Count);
        foreach (var founder in founding.Members)
            members.Add(new Member { Id = founder.Id, Name = founder.Name, PeerUrls = founder.PeerUrls });
        MemberTable.Found(batch, founding.Cluster, members);
        MetaRecords.PutConsistent(batch, index, FoundingLog.Term);
        store.Write(batch);
        store.Flush();
    }

    private static void MakeLog(IFileSystem files, ITraceSink trace, BootstrapPlan founding, NodeOptions options, LogIndex index)
    {
        var identity = new WalIdentity(founding.Cluster, founding.Self);
        var unfinished = options.WalDirectory + Unfinished;
        using (var log = WriteAheadLog.Open(files, unfinished, options.Wal with { Identity = identity }, trace, out _))
        {
            log.MarkSnapshot(index, FoundingLog.Term, []);
            log.Append(new HardState(FoundingLog.Term, MemberId.None, index), []);
            log.Sync();
        }

        // Between these two there is no log; the unfinished one keeps a member from founding one (MemberData).
        files.DeleteDirectory(options.WalDirectory);
        files.Rename(unfinished, options.WalDirectory);
        files.SyncDirectory(options.WalDirectory[..options.WalDirectory.LastIndexOf('/')]);
    }
}
