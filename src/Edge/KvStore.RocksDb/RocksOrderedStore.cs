using System.Buffers;
using KvStore.Platform;
using KvStore.RocksDb.Native;

namespace KvStore.RocksDb;

/// <summary>
/// The real ordered store: one RocksDB database with one column family, because only within one family a crash loses a suffix
/// of the batches and never a middle while RocksDB's own log is off.
/// </summary>
/// <remarks>
/// A flush is durable when it returns (tables, then the manifest, each synced). RocksDB flushes full memory tables by itself, and
/// once more when closed. After a failed flush in the background every write fails: the caller's process stops.
/// </remarks>
public sealed class RocksOrderedStore : IOrderedStore
{
    private readonly DatabaseHandle _database;
    private readonly WriteOptionsHandle _writeOptions = new();
    private readonly ReadOptionsHandle _pointRead = new(upperBoundExclusive: [], fillCache: true);
    private readonly FlushOptionsHandle _flushOptions = new();

    private RocksOrderedStore(DatabaseHandle database, RocksCompression compression)
    {
        _database = database;
        Compression = compression;
    }

    /// <summary>What is used for new files; <see cref="RocksCompression.None"/> where the library lacks the wanted one.</summary>
    public RocksCompression Compression { get; }

    public StoreSizes Sizes
    {
        get
        {
            var memory = _database.Property("rocksdb.cur-size-all-mem-tables\0"u8);
            return new StoreSizes(
                _database.Property("rocksdb.total-sst-files-size\0"u8) + memory,
                _database.Property("rocksdb.estimate-live-data-size\0"u8) + memory);
        }
    }

    /// <summary>Opens the store in a directory and makes it, parents included, where there is none.</summary>
    public static RocksOrderedStore Open(string directory, RocksStoreOptions options)
    {
        options.Validate();
        StoreDirectory.Prepare(directory);
        try
        {
            return Open(directory, options, options.Compression);
        }
        catch (StorageException refused) when (IsMissingCompression(refused, options))
        {
            return Open(directory, options, RocksCompression.None);
        }
    }

    public void Write(StoreBatch batch)
    {
        if (batch.Count == 0)
            return;
        using var native = new WriteBatchHandle(batch.Encoded());
        _database.Write(_writeOptions, native);
    }

    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination) =>
        _database.TryGet(_pointRead, key, destination);

    public IStoreScan Scan(ReadOnlySpan<byte> fromInclusive, ReadOnlySpan<byte> toExclusive)
    {
        // A scan passes once; what it reads must not push the blocks of point reads out of the cache.
        using var options = new ReadOptionsHandle(toExclusive, fillCache: false);
        return new RocksScan(new IteratorHandle(_database, options), fromInclusive);
    }

    public IStoreScan ScanAhead(ReadOnlySpan<byte> fromInclusive, ReadOnlySpan<byte> toExclusive) =>
        new AheadScan(Scan(fromInclusive, toExclusive));

    public void Flush() => _database.Flush(_flushOptions);

    public void Checkpoint(string directory) => _database.Checkpoint(directory);

    public void Dispose()
    {
        _database.Dispose();
        _writeOptions.Dispose();
        _pointRead.Dispose();
        _flushOptions.Dispose();
    }

    private static RocksOrderedStore Open(string directory, RocksStoreOptions options, RocksCompression compression)
    {
        using var native = OpenOptions.Create(options, compression);
        return new RocksOrderedStore(DatabaseHandle.Open(native, directory), compression);
    }

    // RocksDB checks this before it touches a file (db/column_family.cc, CheckCompressionSupported).
    private static bool IsMissingCompression(StorageException refused, RocksStoreOptions options) =>
        options.Compression != RocksCompression.None && refused.Message.Contains("is not linked with the binary", StringComparison.Ordinal);
}
