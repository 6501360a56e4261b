namespace KvStore.RocksDb.Native;

/// <summary>rocksdb_options_t; copied by the database that is opened with it.</summary>
internal sealed class OptionsHandle : RocksHandle
{
    public OptionsHandle() => Own(RocksDbNative.rocksdb_options_create());

    protected override void Destroy(nint pointer) => RocksDbNative.rocksdb_options_destroy(pointer);
}
