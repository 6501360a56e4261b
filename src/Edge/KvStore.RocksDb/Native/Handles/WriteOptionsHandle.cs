namespace KvStore.RocksDb.Native;

/// <summary>rocksdb_writeoptions_t; without RocksDB's own log, because the member's log is the durability.</summary>
internal sealed class WriteOptionsHandle : RocksHandle
{
    public WriteOptionsHandle()
    {
        Own(RocksDbNative.rocksdb_writeoptions_create());
        RocksDbNative.rocksdb_writeoptions_disable_WAL(this, 1);
    }

    protected override void Destroy(nint pointer) => RocksDbNative.rocksdb_writeoptions_destroy(pointer);
}
