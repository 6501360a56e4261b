namespace KvStore.RocksDb;

/// <summary>What a deployment may want to change about the store, each with its unit and reason. The rest is fixed in the room.</summary>
public sealed record RocksStoreOptions
{
    /// <summary>
    /// Bytes of one memory table. Everything in it is lost by a crash and comes back from the log, so this bounds both the length
    /// of the log that must be kept and the replay at start; smaller tables mean more files to merge.
    /// </summary>
    public long WriteBufferBytes { get; init; } = 64L << 20;

    /// <summary>Memory tables at most, the one being written included. With three a flush may last as long as filling two tables before writes wait.</summary>
    public int WriteBuffersMax { get; init; } = 3;

    /// <summary>Bytes of uncompressed blocks, indexes and filters held. Behind it stands the operating system's page cache.</summary>
    public long BlockCacheBytes { get; init; } = 128L << 20;

    /// <summary>Bytes of a table block before compression: one point read decodes one. 8 KiB holds some 25 records of 256 bytes; 4 KiB doubles the index, 16 KiB the work of a cold read.</summary>
    public int BlockBytes { get; init; } = 8 << 10;

    /// <summary>
    /// Bloom filter bits per whole key. Ten give 1 % false positives. Level-0 files hold every table and so overlap each other:
    /// without a filter a read by revision looks into all of them.
    /// </summary>
    public int BloomBitsPerKey { get; init; } = 10;

    /// <summary>Threads for flushes and compactions together. Two: one flush is never behind a compaction, and two cores keep time for requests.</summary>
    public int BackgroundJobsMax { get; init; } = 2;

    /// <summary>Table files kept open. Each holds a descriptor; 1024 files of 64 MiB are 64 GiB of data, beyond that the coldest are reopened.</summary>
    public int OpenFilesMax { get; init; } = 1024;

    /// <summary>Bytes of a table file and the unit of compaction: small enough that one compaction is short, large enough that files stay few.</summary>
    public long TableFileBytes { get; init; } = 64L << 20;

    /// <summary>Bytes of the first sorted level; four memory tables, so that one pass takes level 0 in.</summary>
    public long LevelBaseBytes { get; init; } = 256L << 20;

    /// <summary>Wanted compression. Where the library was built without it, the store opens uncompressed and says so (<see cref="RocksOrderedStore.Compression"/>).</summary>
    public RocksCompression Compression { get; init; } = RocksCompression.Lz4;

    /// <summary>Bytes of RocksDB's own text log per file, and how many are kept: enough for the story of the last flushes, bounded for disks nobody cleans.</summary>
    public long InfoLogBytesMax { get; init; } = 4L << 20;

    public int InfoLogFilesMax { get; init; } = 4;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(WriteBufferBytes, 64L << 10);
        ArgumentOutOfRangeException.ThrowIfLessThan(WriteBuffersMax, 2);
        ArgumentOutOfRangeException.ThrowIfNegative(BlockCacheBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(BlockBytes, 512);
        ArgumentOutOfRangeException.ThrowIfNegative(BloomBitsPerKey);
        ArgumentOutOfRangeException.ThrowIfLessThan(BackgroundJobsMax, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(OpenFilesMax, 16);
        ArgumentOutOfRangeException.ThrowIfLessThan(TableFileBytes, 64L << 10);
        ArgumentOutOfRangeException.ThrowIfLessThan(LevelBaseBytes, TableFileBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(InfoLogBytesMax, 4L << 10);
        ArgumentOutOfRangeException.ThrowIfLessThan(InfoLogFilesMax, 1);
    }
}
