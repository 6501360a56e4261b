using KvStore.Platform;
using KvStore.Testing.Contracts;

namespace KvStore.RocksDb.Tests;

/// <summary>Small memory tables and files, so that flushes and compactions happen within a test.</summary>
public sealed class RocksOrderedStoreContractTests : OrderedStoreContract, IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    protected override IOrderedStoreProvider Provider { get; } = new RocksOrderedStoreProvider(Small);

    internal static RocksStoreOptions Small { get; } = new()
    {
        WriteBufferBytes = 128 << 10,
        TableFileBytes = 128 << 10,
        LevelBaseBytes = 512 << 10,
        BlockCacheBytes = 1 << 20,
    };

    public void Dispose() => _scratch.Dispose();

    protected override string NewDirectory() => _scratch.NewPath();
}
