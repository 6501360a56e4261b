namespace KvStore.RocksDb.Native;

/// <summary>Writes the room's choices into the library's options.</summary>
internal static class OpenOptions
{
    private const int TableFormatVersion = 5;       // readable by every RocksDB since 6.6; full filters are a cache line per key
    private const int BinarySearchAndHash = 1;      // rocksdb_block_based_table_data_block_index_type_binary_search_and_hash
    private const ulong SyncEveryBytes = 1 << 20;   // smooths the write-back of tables, so that no fdatasync of the log queues behind 64 MiB

    /// <summary>
    /// Where the last record of a table went into the memory table is where the search for the next one begins; a table is told by a key's
    /// first byte (ADR 0002). Revisions come in order and need two comparisons instead of twenty. The C API has no setter for it.
    /// </summary>
    private static ReadOnlySpan<byte> InsertHints => "memtable_insert_with_hint_prefix_extractor=rocksdb.FixedPrefix.1\0"u8;

    public static OptionsHandle Create(RocksStoreOptions from, RocksCompression compression)
    {
        var options = CreateWithInsertHints();
        RocksDbNative.rocksdb_options_set_create_if_missing(options, 1);
        RocksDbNative.rocksdb_options_set_compression(options, (int)compression);
        SetMemory(options, from);
        SetLevels(options, from);
        SetHousekeeping(options, from);
        using var table = CreateTable(from);
        RocksDbNative.rocksdb_options_set_block_based_table_factory(options, table);
        return options;
    }

    private static unsafe OptionsHandle CreateWithInsertHints()
    {
        using var defaults = new OptionsHandle();
        var options = new OptionsHandle();
        nint error = 0;
        fixed (byte* text = InsertHints)
            RocksDbNative.rocksdb_get_options_from_string(defaults, text, options, ref error);
        ErrorString.ThrowIfSet(error);
        return options;
    }

    private static void SetMemory(OptionsHandle options, RocksStoreOptions from)
    {
        RocksDbNative.rocksdb_options_set_write_buffer_size(options, (nuint)from.WriteBufferBytes);
        RocksDbNative.rocksdb_options_set_max_write_buffer_number(options, from.WriteBuffersMax);
        // There is one writer, the Apply lane: the machinery for several only costs it.
        RocksDbNative.rocksdb_options_set_allow_concurrent_memtable_write(options, 0);
        RocksDbNative.rocksdb_options_set_enable_write_thread_adaptive_yield(options, 0);
    }

    private static void SetLevels(OptionsHandle options, RocksStoreOptions from)
    {
        RocksDbNative.rocksdb_options_set_target_file_size_base(options, (ulong)from.TableFileBytes);
        RocksDbNative.rocksdb_options_set_max_bytes_for_level_base(options, (ulong)from.LevelBaseBytes);
        // Levels are sized from the last one up: space amplification stays near 1.1 however much data there is.
        RocksDbNative.rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1);
        RocksDbNative.rocksdb_options_set_max_background_jobs(options, from.BackgroundJobsMax);
        // Point reads ask for revisions the index knows to exist, so the last level, nine tenths of the keys, needs no filter.
        RocksDbNative.rocksdb_options_set_optimize_filters_for_hits(options, 1);
    }

    private static void SetHousekeeping(OptionsHandle options, RocksStoreOptions from)
    {
        RocksDbNative.rocksdb_options_set_max_open_files(options, from.OpenFilesMax);
        RocksDbNative.rocksdb_options_set_bytes_per_sync(options, SyncEveryBytes);
        // Files that nobody needs any more are removed by a background thread, not by the request that closes the last scan.
        RocksDbNative.rocksdb_options_set_avoid_unnecessary_blocking_io(options, 1);
        RocksDbNative.rocksdb_options_set_max_log_file_size(options, (nuint)from.InfoLogBytesMax);
        RocksDbNative.rocksdb_options_set_keep_log_file_num(options, (nuint)from.InfoLogFilesMax);
        // No statistics object is attached: the periodic dumps would only be noise in the log.
        RocksDbNative.rocksdb_options_set_stats_dump_period_sec(options, 0);
        RocksDbNative.rocksdb_options_set_stats_persist_period_sec(options, 0);
    }

    private static TableOptionsHandle CreateTable(RocksStoreOptions from)
    {
        var table = new TableOptionsHandle();
        RocksDbNative.rocksdb_block_based_options_set_format_version(table, TableFormatVersion);
        RocksDbNative.rocksdb_block_based_options_set_block_size(table, (nuint)from.BlockBytes);
        RocksDbNative.rocksdb_block_based_options_set_data_block_index_type(table, BinarySearchAndHash);
        if (from.BloomBitsPerKey > 0)
        {
            var policy = RocksDbNative.rocksdb_filterpolicy_create_bloom_full(from.BloomBitsPerKey);
            RocksDbNative.rocksdb_block_based_options_set_filter_policy(table, policy);
        }

        // Indexes and filters count against the cache, so its size is the bound of all block memory; those of level 0, asked by
        // every read, stay.
        RocksDbNative.rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
        RocksDbNative.rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(table, 1);
        RocksDbNative.rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1);
        using var cache = new CacheHandle(from.BlockCacheBytes);
        RocksDbNative.rocksdb_block_based_options_set_block_cache(table, cache);
        return table;
    }
}
