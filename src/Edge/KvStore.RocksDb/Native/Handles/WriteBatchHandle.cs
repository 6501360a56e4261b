namespace KvStore.RocksDb.Native;

/// <summary>rocksdb_writebatch_t; a copy of an encoded batch.</summary>
internal sealed class WriteBatchHandle : RocksHandle
{
    public unsafe WriteBatchHandle(ReadOnlySpan<byte> encoded)
    {
        fixed (byte* rep = encoded)
            Own(RocksDbNative.rocksdb_writebatch_create_from(rep, (nuint)encoded.Length));
    }

    protected override void Destroy(nint pointer) => RocksDbNative.rocksdb_writebatch_destroy(pointer);
}
