using KvStore.Server.Configuration;

namespace KvStore.Server.Tests.Configuration;

public sealed class MemoryBudgetTests
{
    /// <summary>All in MiB: what is named, what the machine has; cache, one memory table, heap.</summary>
    [Theory]
    [InlineData(1024, 65536, 128, 32, 608)]
    [InlineData(2048, 65536, 256, 64, 1408)]
    [InlineData(65536, 1024, 1024, 64, 64128)]
    public void Memory_Named_BoundsTheHeapAndSizesTheStore(long named, long machine, long cache, long buffer, long heap)
    {
        var budget = MemoryBudget.Of(named << 20, machine << 20);
        Assert.Equal((cache << 20, buffer << 20, heap << 20), (budget.BlockCacheBytes, budget.WriteBufferBytes, budget.HeapBytesMax));
    }

    [Theory]
    [InlineData(128, 16, 8)]
    [InlineData(1024, 128, 32)]
    [InlineData(24576, 1024, 64)]
    public void Memory_NotNamed_IsTheMachines(long machine, long cache, long buffer)
    {
        var budget = MemoryBudget.Of(0, machine << 20);
        Assert.Equal((cache << 20, buffer << 20, null), (budget.BlockCacheBytes, budget.WriteBufferBytes, budget.HeapBytesMax));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData((1L << 30) - 1)]
    public void Memory_TooLittle_IsRefused(long bytes)
    {
        var refused = Assert.Throws<ConfigurationException>(() => MemoryBudget.Of(bytes, 1L << 30));
        Assert.Equal($"--memory-bytes must be 0 or at least 1073741824 (set to {bytes})", refused.Message);
    }
}
