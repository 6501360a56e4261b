using KvStore.Platform;
using KvStore.Primitives;
using KvStore.RocksDb.Native;

namespace KvStore.RocksDb.Tests;

/// <summary>The count of live native objects is the process's: nothing else may run beside these tests.</summary>
[Collection(nameof(RocksHandleLeakTests))]
[CollectionDefinition(nameof(RocksHandleLeakTests), DisableParallelization = true)]
public sealed class RocksHandleLeakTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly long _liveBefore;

    public RocksHandleLeakTests()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        _liveBefore = RocksHandle.Live;
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Store_UsedAndDisposed_LeavesNoNativeObject()
    {
        var directory = _scratch.NewPath();
        using (var store = Open(directory))
        {
            Use(store);
            Assert.True(RocksHandle.Live > _liveBefore);
        }

        Assert.Equal(_liveBefore, RocksHandle.Live);
    }

    [Fact]
    public void Store_FailedCalls_LeaveNoNativeObject()
    {
        var directory = _scratch.NewPath();
        var provider = new RocksOrderedStoreProvider(RocksOrderedStoreContractTests.Small);
        using (var store = provider.Open(directory))
        {
            Assert.Throws<StorageException>(() => provider.Open(directory));
            Assert.Throws<StorageException>(() => provider.Destroy(directory));
            Assert.Throws<StorageException>(() => store.Checkpoint(directory));
        }

        Assert.Equal(_liveBefore, RocksHandle.Live);
    }

    /// <summary>Goal: a scan that outlives its store does not read freed memory; the database closes with the last of them.</summary>
    [Fact]
    public void Store_DisposedUnderAScan_ClosesWhenTheScanIsDone()
    {
        var directory = _scratch.NewPath();
        var store = Open(directory);
        Use(store);
        var scan = store.Scan([], []);
        Assert.True(scan.MoveNext());
        store.Dispose();
        Assert.Equal("a"u8, scan.Key);
        Assert.True(scan.MoveNext());
        Assert.Equal("b"u8, scan.Key);
        Assert.Throws<StorageException>(() => Open(directory));
        scan.Dispose();
        Assert.Equal(_liveBefore, RocksHandle.Live);
        Open(directory).Dispose();
        Assert.Equal(_liveBefore, RocksHandle.Live);
    }

    [Fact]
    public void Scan_AfterDispose_IsRefused()
    {
        using var store = Open(_scratch.NewPath());
        Use(store);
        var scan = store.Scan([], []);
        Assert.True(scan.MoveNext());
        scan.Dispose();
        scan.Dispose();
        Assert.Throws<ObjectDisposedException>(() => scan.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => scan.Key.Length);
    }

    private static RocksOrderedStore Open(string directory) => RocksOrderedStore.Open(directory, RocksOrderedStoreContractTests.Small);

    private static void Use(RocksOrderedStore store)
    {
        var batch = new StoreBatch();
        batch.Put("a"u8, "1"u8);
        batch.Put("b"u8, "2"u8);
        store.Write(batch);
        Assert.True(store.TryGet("a"u8, new ByteWriter()));
        Assert.False(store.TryGet("c"u8, new ByteWriter()));
        store.Flush();
        _ = store.Sizes;
        using var scan = store.Scan("a"u8, "b"u8);
        Assert.True(scan.MoveNext());
        Assert.False(scan.MoveNext());
    }
}
