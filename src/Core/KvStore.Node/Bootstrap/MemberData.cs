using KvStore.Mvcc;
using KvStore.Node.Stores;
using KvStore.Platform;
using KvStore.Wal;

namespace KvStore.Node.Bootstrap;

/// <summary>What lies in a member's directories before anything there is opened to be written.</summary>
/// <remarks>
/// The log is durable before the store's catalog is begun, at a founding, a joining and a restore alike. So a catalog without a log is
/// a member that has lost its log: no crash leaves that behind. Begun anew, it would forget its votes and what it had acknowledged.
/// </remarks>
public static class MemberData
{
    /// <summary>Whether the member has lived here already: then it goes on from its log, and asks nobody who it is.</summary>
    /// <param name="files">The disk.</param>
    /// <param name="stores">Opens the store, to say what it holds; nothing is written to it.</param>
    /// <param name="options">Where the member's directories are. They need not exist.</param>
    /// <exception cref="StorageException">The log is gone and the store is there, or the restore of a snapshot was cut short.</exception>
    public static bool HasLog(IFileSystem files, IOrderedStoreProvider stores, NodeOptions options)
    {
        if (WriteAheadLog.Exists(files, options.WalDirectory))
            return true;
        if (files.Exists(options.WalDirectory + SnapshotRestore.Unfinished))
        {
            throw new StorageException(
                StorageFailure.NotFound,
                $"{options.WalDirectory}{SnapshotRestore.Unfinished}: a snapshot was not restored to its end; remove the data directory and restore it again");
        }

        if (StoreCatalog.Find(files, stores, options.StoreDirectory) is not { } path)
            return false;
        using var store = stores.Open(path);
        throw new StorageException(
            StorageFailure.NotFound,
            $"{options.WalDirectory}: the log is gone, but the store under {options.StoreDirectory} holds data up to entry {MetaRecords.ReadConsistent(store).Index}: "
            + "entries after it are lost; put the log back (is its disk mounted?), restore from a snapshot, or remove the member from the cluster and add it again with an empty data directory");
    }
}
