namespace KvStore.RocksDb;

/// <summary>How table blocks are compressed; the numbers are RocksDB's (c.h, rocksdb_*_compression).</summary>
public enum RocksCompression
{
    None = 0,

    /// <summary>About 1 µs per block to decompress; the choice where reads matter.</summary>
    Lz4 = 4,

    /// <summary>Smaller than LZ4, several times its CPU.</summary>
    Zstd = 7,
}
