namespace KvStore.RocksDb.Native;

/// <summary>rocksdb_cache_t; shared by reference count with the table options it is given to.</summary>
internal sealed class CacheHandle : RocksHandle
{
    public CacheHandle(long capacityBytes) => Own(RocksDbNative.rocksdb_cache_create_lru((nuint)capacityBytes));

    protected override void Destroy(nint pointer) => RocksDbNative.rocksdb_cache_destroy(pointer);
}
