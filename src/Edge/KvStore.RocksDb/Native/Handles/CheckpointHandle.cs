namespace KvStore.RocksDb.Native;

/// <summary>rocksdb_checkpoint_t; used once, inside the call that holds the database.</summary>
internal sealed class CheckpointHandle : RocksHandle
{
    public CheckpointHandle(DatabaseHandle database)
    {
        nint error = 0;
        var pointer = RocksDbNative.rocksdb_checkpoint_object_create(database, ref error);
        ErrorString.ThrowIfSet(error);
        Own(pointer);
    }

    protected override void Destroy(nint pointer) => RocksDbNative.rocksdb_checkpoint_object_destroy(pointer);
}
