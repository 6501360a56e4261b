namespace KvStore.RocksDb.Native;

/// <summary>rocksdb_flushoptions_t; a flush returns when the tables are on disk.</summary>
internal sealed class FlushOptionsHandle : RocksHandle
{
    public FlushOptionsHandle()
    {
        Own(RocksDbNative.rocksdb_flushoptions_create());
        RocksDbNative.rocksdb_flushoptions_set_wait(this, 1);
    }

    protected override void Destroy(nint pointer) => RocksDbNative.rocksdb_flushoptions_destroy(pointer);
}
