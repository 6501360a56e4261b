using System.Runtime.InteropServices;

namespace KvStore.RocksDb.Native;

/// <summary>An object of the library that is destroyed exactly once. Counted, so that a test can tell that none is left.</summary>
internal abstract class RocksHandle : SafeHandle
{
    private static long _live;

    protected RocksHandle()
        : base(0, ownsHandle: true)
    {
    }

    public static long Live => Volatile.Read(ref _live);

    public sealed override bool IsInvalid => handle == 0;

    protected void Own(nint pointer)
    {
        if (pointer == 0)
            throw new InvalidOperationException($"librocksdb returned no object for {GetType().Name}");
        SetHandle(pointer);
        Interlocked.Increment(ref _live);
    }

    protected sealed override bool ReleaseHandle()
    {
        Destroy(handle);
        Interlocked.Decrement(ref _live);
        return true;
    }

    protected abstract void Destroy(nint pointer);
}
