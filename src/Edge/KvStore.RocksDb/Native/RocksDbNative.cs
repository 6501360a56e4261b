using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace KvStore.RocksDb.Native;

/// <summary>
/// RocksDB's C API, names verbatim, in the order of rocksdb/c.h (7.8.3), only what is called. Every <c>errptr</c> must point to
/// zero before the call and goes to <see cref="ErrorString"/> after it.
/// </summary>
internal static unsafe partial class RocksDbNative
{
    private const string Library = RocksLibrary.Name;

    // An explicit static constructor runs before the first call of any function here, and only then is the library looked for.
    static RocksDbNative() => NativeLibrary.SetDllImportResolver(typeof(RocksDbNative).Assembly, RocksLibrary.Resolve);

    /* DB operations */

    [LibraryImport(Library)]
    internal static partial nint rocksdb_open(OptionsHandle options, byte* name, ref nint errptr);

    [LibraryImport(Library)]
    internal static partial nint rocksdb_checkpoint_object_create(DatabaseHandle db, ref nint errptr);

    [LibraryImport(Library)]
    internal static partial void rocksdb_checkpoint_create(CheckpointHandle checkpoint, byte* checkpoint_dir, ulong log_size_for_flush, ref nint errptr);

    [LibraryImport(Library)]
    internal static partial void rocksdb_checkpoint_object_destroy(nint checkpoint);

    [LibraryImport(Library)]
    internal static partial void rocksdb_close(nint db);

    [LibraryImport(Library)]
    internal static partial void rocksdb_write(DatabaseHandle db, WriteOptionsHandle options, WriteBatchHandle batch, ref nint errptr);

    [LibraryImport(Library)]
    internal static partial nint rocksdb_create_iterator(DatabaseHandle db, ReadOptionsHandle options);

    [LibraryImport(Library)]
    internal static partial int rocksdb_property_int(DatabaseHandle db, byte* propname, out ulong out_val);

    [LibraryImport(Library)]
    internal static partial void rocksdb_flush(DatabaseHandle db, FlushOptionsHandle options, ref nint errptr);

    /* Management operations */

    [LibraryImport(Library)]
    internal static partial void rocksdb_destroy_db(OptionsHandle options, byte* name, ref nint errptr);

    /* Iterator. By raw pointer: a row costs four calls, and IteratorHandle is the only caller. */

    [LibraryImport(Library)]
    internal static partial void rocksdb_iter_destroy(nint iterator);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial byte rocksdb_iter_valid(nint iterator);

    [LibraryImport(Library)]
    internal static partial void rocksdb_iter_seek(nint iterator, byte* k, nuint klen);

    [LibraryImport(Library)]
    internal static partial void rocksdb_iter_next(nint iterator);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial byte* rocksdb_iter_key(nint iterator, out nuint klen);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial byte* rocksdb_iter_value(nint iterator, out nuint vlen);

    [LibraryImport(Library)]
    internal static partial void rocksdb_iter_get_error(nint iterator, ref nint errptr);

    /* Write batch */

    [LibraryImport(Library)]
    internal static partial nint rocksdb_writebatch_create_from(byte* rep, nuint size);

    [LibraryImport(Library)]
    internal static partial void rocksdb_writebatch_destroy(nint batch);

    /* Block based table options */

    [LibraryImport(Library)]
    internal static partial nint rocksdb_block_based_options_create();

    [LibraryImport(Library)]
    internal static partial void rocksdb_block_based_options_destroy(nint options);

    [LibraryImport(Library)]
    internal static partial void rocksdb_block_based_options_set_block_size(TableOptionsHandle options, nuint block_size);

    /// <summary>The table options take the policy over and destroy it.</summary>
    [LibraryImport(Library)]
    internal static partial void rocksdb_block_based_options_set_filter_policy(TableOptionsHandle options, nint filter_policy);

    [LibraryImport(Library)]
    internal static partial void rocksdb_block_based_options_set_block_cache(TableOptionsHandle options, CacheHandle block_cache);

    [LibraryImport(Library)]
    internal static partial void rocksdb_block_based_options_set_format_version(TableOptionsHandle options, int version);

    [LibraryImport(Library)]
    internal static partial void rocksdb_block_based_options_set_data_block_index_type(TableOptionsHandle options, int type);

    [LibraryImport(Library)]
    internal static partial void rocksdb_block_based_options_set_cache_index_and_filter_blocks(TableOptionsHandle options, byte value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(TableOptionsHandle options, byte value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(TableOptionsHandle options, byte value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_block_based_table_factory(OptionsHandle options, TableOptionsHandle table_options);

    /* Options */

    [LibraryImport(Library)]
    internal static partial nint rocksdb_options_create();

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_destroy(nint options);

    [LibraryImport(Library)]
    internal static partial void rocksdb_get_options_from_string(OptionsHandle base_options, byte* opts_str, OptionsHandle new_options, ref nint errptr);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_create_if_missing(OptionsHandle options, byte value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_write_buffer_size(OptionsHandle options, nuint value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_max_open_files(OptionsHandle options, int value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_target_file_size_base(OptionsHandle options, ulong value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_max_bytes_for_level_base(OptionsHandle options, ulong value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_level_compaction_dynamic_level_bytes(OptionsHandle options, byte value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_max_write_buffer_number(OptionsHandle options, int value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_max_background_jobs(OptionsHandle options, int value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_max_log_file_size(OptionsHandle options, nuint value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_keep_log_file_num(OptionsHandle options, nuint value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_stats_dump_period_sec(OptionsHandle options, uint value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_stats_persist_period_sec(OptionsHandle options, uint value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_bytes_per_sync(OptionsHandle options, ulong value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_allow_concurrent_memtable_write(OptionsHandle options, byte value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_enable_write_thread_adaptive_yield(OptionsHandle options, byte value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_optimize_filters_for_hits(OptionsHandle options, int value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_avoid_unnecessary_blocking_io(OptionsHandle options, byte value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_options_set_compression(OptionsHandle options, int value);

    /* Filter policy */

    [LibraryImport(Library)]
    internal static partial nint rocksdb_filterpolicy_create_bloom_full(double bits_per_key);

    /* Read options */

    [LibraryImport(Library)]
    internal static partial nint rocksdb_readoptions_create();

    [LibraryImport(Library)]
    internal static partial void rocksdb_readoptions_destroy(nint options);

    [LibraryImport(Library)]
    internal static partial void rocksdb_readoptions_set_fill_cache(ReadOptionsHandle options, byte value);

    [LibraryImport(Library)]
    internal static partial void rocksdb_readoptions_set_iterate_upper_bound(ReadOptionsHandle options, byte* key, nuint keylen);

    /* Write options */

    [LibraryImport(Library)]
    internal static partial nint rocksdb_writeoptions_create();

    [LibraryImport(Library)]
    internal static partial void rocksdb_writeoptions_destroy(nint options);

    [LibraryImport(Library)]
    internal static partial void rocksdb_writeoptions_disable_WAL(WriteOptionsHandle options, int disable);

    /* Flush options */

    [LibraryImport(Library)]
    internal static partial nint rocksdb_flushoptions_create();

    [LibraryImport(Library)]
    internal static partial void rocksdb_flushoptions_destroy(nint options);

    [LibraryImport(Library)]
    internal static partial void rocksdb_flushoptions_set_wait(FlushOptionsHandle options, byte value);

    /* Cache */

    [LibraryImport(Library)]
    internal static partial nint rocksdb_cache_create_lru(nuint capacity);

    [LibraryImport(Library)]
    internal static partial void rocksdb_cache_destroy(nint cache);

    /* Free, pinned reads */

    [LibraryImport(Library)]
    internal static partial void rocksdb_free(nint pointer);

    [LibraryImport(Library)]
    internal static partial nint rocksdb_get_pinned(DatabaseHandle db, ReadOptionsHandle options, byte* key, nuint keylen, ref nint errptr);

    [LibraryImport(Library)]
    internal static partial void rocksdb_pinnableslice_destroy(nint slice);

    [LibraryImport(Library), SuppressGCTransition]
    internal static partial byte* rocksdb_pinnableslice_value(nint slice, out nuint vlen);
}
