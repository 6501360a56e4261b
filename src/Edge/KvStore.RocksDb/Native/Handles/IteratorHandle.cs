namespace KvStore.RocksDb.Native;

/// <summary>
/// rocksdb_iterator_t. One thread at a time. Holds the database and its read options by reference, because RocksDB requires
/// both to outlive the iterator and a finalizer knows no order.
/// </summary>
internal sealed unsafe class IteratorHandle : RocksHandle
{
    private readonly DatabaseHandle _database;
    private readonly ReadOptionsHandle _options;

    public IteratorHandle(DatabaseHandle database, ReadOptionsHandle options)
    {
        _database = database;
        _options = options;
        var held = false;
        database.DangerousAddRef(ref held);
        options.DangerousAddRef(ref held);
        Own(RocksDbNative.rocksdb_create_iterator(database, options));
    }

    public bool IsValid => RocksDbNative.rocksdb_iter_valid(Pointer) != 0;

    /// <summary>The current pair's memory belongs to RocksDB and is gone with the next move.</summary>
    public ReadOnlySpan<byte> Key
    {
        get
        {
            var bytes = RocksDbNative.rocksdb_iter_key(Pointer, out var length);
            return new ReadOnlySpan<byte>(bytes, checked((int)length));
        }
    }

    public ReadOnlySpan<byte> Value
    {
        get
        {
            var bytes = RocksDbNative.rocksdb_iter_value(Pointer, out var length);
            return new ReadOnlySpan<byte>(bytes, checked((int)length));
        }
    }

    // Without the marshaller's reference counting: IStoreScan has one user, who holds this object through the call.
    private nint Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    public void Seek(ReadOnlySpan<byte> key)
    {
        fixed (byte* bytes = key)
            RocksDbNative.rocksdb_iter_seek(Pointer, bytes, (nuint)key.Length);
        GC.KeepAlive(this);
    }

    public void Next()
    {
        RocksDbNative.rocksdb_iter_next(Pointer);
        GC.KeepAlive(this);
    }

    /// <summary>An iterator becomes invalid at the end and on an error alike.</summary>
    public void ThrowIfFailed()
    {
        nint error = 0;
        RocksDbNative.rocksdb_iter_get_error(Pointer, ref error);
        GC.KeepAlive(this);
        ErrorString.ThrowIfSet(error);
    }

    protected override void Destroy(nint pointer)
    {
        RocksDbNative.rocksdb_iter_destroy(pointer);
        _options.DangerousRelease();
        _database.DangerousRelease();
    }
}
