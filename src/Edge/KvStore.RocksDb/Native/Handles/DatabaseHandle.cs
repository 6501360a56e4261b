using System.Buffers;
using System.Text;
using KvStore.Platform;

namespace KvStore.RocksDb.Native;

/// <summary>rocksdb_t. Any thread; closed when the last running call and the last iterator are done.</summary>
internal sealed unsafe class DatabaseHandle : RocksHandle
{
    private DatabaseHandle(nint pointer) => Own(pointer);

    public static DatabaseHandle Open(OptionsHandle options, string directory)
    {
        nint error = 0;
        nint pointer;
        fixed (byte* name = ZeroTerminated(directory))
            pointer = RocksDbNative.rocksdb_open(options, name, ref error);
        // The directory is there and may be empty: a file RocksDB does not find is one it had written.
        ErrorString.ThrowIfSet(error, notFoundMeans: StorageFailure.Corrupt);
        return new DatabaseHandle(pointer);
    }

    public static void Destroy(OptionsHandle options, string directory)
    {
        nint error = 0;
        fixed (byte* name = ZeroTerminated(directory))
            RocksDbNative.rocksdb_destroy_db(options, name, ref error);
        ErrorString.ThrowIfSet(error);
    }

    public void Write(WriteOptionsHandle options, WriteBatchHandle batch)
    {
        nint error = 0;
        RocksDbNative.rocksdb_write(this, options, batch, ref error);
        ErrorString.ThrowIfSet(error);
    }

    /// <summary>A pinned read: the value is copied once, from the block or the memory table to where the caller wants it.</summary>
    public bool TryGet(ReadOptionsHandle options, ReadOnlySpan<byte> key, IBufferWriter<byte> destination)
    {
        nint error = 0;
        nint slice;
        fixed (byte* bytes = key)
            slice = RocksDbNative.rocksdb_get_pinned(this, options, bytes, (nuint)key.Length, ref error);
        ErrorString.ThrowIfSet(error);
        if (slice == 0)
            return false;
        try
        {
            var value = RocksDbNative.rocksdb_pinnableslice_value(slice, out var length);
            destination.Write(new ReadOnlySpan<byte>(value, checked((int)length)));
            return true;
        }
        finally
        {
            RocksDbNative.rocksdb_pinnableslice_destroy(slice);
        }
    }

    public void Flush(FlushOptionsHandle options)
    {
        nint error = 0;
        RocksDbNative.rocksdb_flush(this, options, ref error);
        ErrorString.ThrowIfSet(error);
    }

    public void Checkpoint(string directory)
    {
        nint error = 0;
        using var checkpoint = new CheckpointHandle(this);
        // Zero asks for a flush first; anything else would rely on RocksDB's own log, which is off.
        fixed (byte* name = ZeroTerminated(directory))
            RocksDbNative.rocksdb_checkpoint_create(checkpoint, name, log_size_for_flush: 0, ref error);
        ErrorString.ThrowIfSet(error);
    }

    /// <param name="nameZeroTerminated">A literal with its own terminating zero.</param>
    public long Property(ReadOnlySpan<byte> nameZeroTerminated)
    {
        fixed (byte* name = nameZeroTerminated)
            return RocksDbNative.rocksdb_property_int(this, name, out var value) == 0 ? checked((long)value) : 0;
    }

    protected override void Destroy(nint pointer) => RocksDbNative.rocksdb_close(pointer);

    private static byte[] ZeroTerminated(string text) => Encoding.UTF8.GetBytes(text + '\0');
}
