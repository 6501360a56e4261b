using System.Runtime.InteropServices;

namespace KvStore.RocksDb.Native;

/// <summary>rocksdb_readoptions_t and the upper bound it points to, which RocksDB does not copy.</summary>
internal sealed unsafe class ReadOptionsHandle : RocksHandle
{
    private byte* _upperBound;

    /// <param name="upperBoundExclusive">Where a scan ends; empty for no bound.</param>
    /// <param name="fillCache">Whether blocks read from disk stay in the block cache.</param>
    public ReadOptionsHandle(ReadOnlySpan<byte> upperBoundExclusive, bool fillCache)
    {
        Own(RocksDbNative.rocksdb_readoptions_create());
        RocksDbNative.rocksdb_readoptions_set_fill_cache(this, fillCache ? (byte)1 : (byte)0);
        if (upperBoundExclusive.IsEmpty)
            return;
        _upperBound = (byte*)NativeMemory.Alloc((nuint)upperBoundExclusive.Length);
        upperBoundExclusive.CopyTo(new Span<byte>(_upperBound, upperBoundExclusive.Length));
        RocksDbNative.rocksdb_readoptions_set_iterate_upper_bound(this, _upperBound, (nuint)upperBoundExclusive.Length);
    }

    protected override void Destroy(nint pointer)
    {
        RocksDbNative.rocksdb_readoptions_destroy(pointer);
        NativeMemory.Free(_upperBound);
        _upperBound = null;
    }
}
