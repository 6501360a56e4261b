using KvStore.Node.Stores;
using KvStore.Platform;
using KvStore.Wal;

namespace KvStore.Node.Bootstrap;

/// <summary>
/// The store of a member that does not run, for tools. It is what the member had flushed: entries of its log may come after it, which
/// the member applies when it starts.
/// </summary>
/// <remarks>
/// The log's lock is taken as a member takes it, and then that of the store, before anything is changed: nothing is done beside a
/// member that runs, and none starts meanwhile (D12), wherever its log lies.
/// </remarks>
public static class StoppedMember
{
    /// <summary>Bytes of one write of a copy: large enough that writes cost nothing, small beside a memory table.</summary>
    private const int BatchBytes = 1 << 20;

    /// <exception cref="StorageException">There is no store, or another process has it open (<see cref="StorageFailure.Locked"/>).</exception>
    public static T Read<T>(IFileSystem files, IOrderedStoreProvider stores, NodeOptions options, Func<IOrderedStore, T> read)
    {
        using var held = Hold(files, options);
        using var store = stores.Open(Find(files, stores, options));
        return read(store);
    }

    /// <summary>
    /// Copies what is stored into a new store, which becomes the member's in one step (C10) and holds nothing that was overwritten or
    /// deleted; the old one is removed. Needs room for both. A crash leaves one of the two whole.
    /// </summary>
    /// <returns>The sizes before and after.</returns>
    /// <exception cref="StorageException">As for reading; the store is as before then.</exception>
    public static (StoreSizes Before, StoreSizes After) Rewrite(IFileSystem files, IOrderedStoreProvider stores, NodeOptions options)
    {
        using var held = Hold(files, options);
        var present = Find(files, stores, options);
        StoreCatalog catalog;
        string path;
        StoreSizes before, after;
        using (var store = stores.Open(present))
        {
            catalog = StoreCatalog.Open(files, stores, options.StoreDirectory);
            path = catalog.Begin();
            before = store.Sizes;
            after = CopyInto(stores, path, store);
        }

        catalog.Adopt(path);
        catalog.Discard(present);
        return (before, after);
    }

    private static StoreSizes CopyInto(IOrderedStoreProvider stores, string path, IOrderedStore store)
    {
        using var copy = stores.Open(path);
        var batch = new StoreBatch();
        using (var scan = store.Scan([], []))
        {
            while (scan.MoveNext())
            {
                batch.Put(scan.Key, scan.Value);
                if (batch.Length >= BatchBytes)
                    Write(copy, batch);
            }
        }

        Write(copy, batch);
        copy.Flush();
        return copy.Sizes;
    }

    private static void Write(IOrderedStore store, StoreBatch batch)
    {
        if (batch.Count > 0)
            store.Write(batch);
        batch.Clear();
    }

    private static string Find(IFileSystem files, IOrderedStoreProvider stores, NodeOptions options) =>
        StoreCatalog.Find(files, stores, options.StoreDirectory)
        ?? throw new StorageException(StorageFailure.NotFound, $"stat {StoreCatalog.FileOf(options.StoreDirectory)}: no such file or directory");

    private static IDisposable? Hold(IFileSystem files, NodeOptions options) =>
        files.Exists(options.WalDirectory) ? WriteAheadLog.Hold(files, options.WalDirectory) : null;
}
