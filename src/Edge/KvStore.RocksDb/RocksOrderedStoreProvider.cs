using KvStore.Platform;
using KvStore.RocksDb.Native;

namespace KvStore.RocksDb;

/// <summary>Opens and removes RocksDB stores, all with the same options; each has a block cache of its own.</summary>
public sealed class RocksOrderedStoreProvider : IOrderedStoreProvider
{
    private readonly RocksStoreOptions _options;

    public RocksOrderedStoreProvider(RocksStoreOptions options)
    {
        options.Validate();
        _options = options;
    }

    public IOrderedStore Open(string directory) => RocksOrderedStore.Open(directory, _options);

    public void Destroy(string directory)
    {
        // RocksDB first: it takes the lock, so that a store somebody has open is refused and not torn out from under him.
        using (var options = OpenOptions.Create(_options, RocksCompression.None))
            DatabaseHandle.Destroy(options, directory);
        StoreDirectory.Delete(directory);
    }
}
