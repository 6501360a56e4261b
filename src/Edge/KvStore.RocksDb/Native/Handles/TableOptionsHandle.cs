namespace KvStore.RocksDb.Native;

/// <summary>rocksdb_block_based_table_options_t; copied into the options it is given to.</summary>
internal sealed class TableOptionsHandle : RocksHandle
{
    public TableOptionsHandle() => Own(RocksDbNative.rocksdb_block_based_options_create());

    protected override void Destroy(nint pointer) => RocksDbNative.rocksdb_block_based_options_destroy(pointer);
}
