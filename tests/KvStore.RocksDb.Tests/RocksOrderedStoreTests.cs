namespace KvStore.RocksDb.Tests;

public sealed class RocksOrderedStoreTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(RocksCompression.None)]
    [InlineData(RocksCompression.Lz4)]
    [InlineData(RocksCompression.Zstd)]
    public void Open_Compression_IsTheWantedOneOrNone(RocksCompression wanted)
    {
        using var store = RocksOrderedStore.Open(_scratch.NewPath(), new RocksStoreOptions { Compression = wanted });
        Assert.Contains(store.Compression, new[] { wanted, RocksCompression.None });
    }

    /// <summary>Method: 6 is XPRESS, which exists on Windows only.</summary>
    [Fact]
    public void Open_CompressionTheLibraryLacks_OpensUncompressed()
    {
        using var store = RocksOrderedStore.Open(_scratch.NewPath(), new RocksStoreOptions { Compression = (RocksCompression)6 });
        Assert.Equal(RocksCompression.None, store.Compression);
    }

    [Fact]
    public void Open_LimitOutOfRange_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RocksOrderedStore.Open(_scratch.NewPath(), new RocksStoreOptions { WriteBuffersMax = 1 }));

    /// <summary>RocksDB's own log must stay empty: a batch is written once, by the member's log.</summary>
    [Fact]
    public void Write_Batches_DoNotReachRocksDbsLog()
    {
        var directory = _scratch.NewPath();
        using var store = RocksOrderedStore.Open(directory, new RocksStoreOptions());
        var batch = new Platform.StoreBatch();
        batch.Put("a"u8, new byte[100_000]);
        store.Write(batch);
        Assert.Equal(0, Directory.GetFiles(directory, "*.log").Sum(file => new FileInfo(file).Length));
    }
}
