using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Store;

namespace KvStore.RocksDb.Tests;

public sealed class SimulatedStoreCrashTests
{
    /// <summary>Goal: every number of surviving batches is reached, and each is exactly a prefix that includes what was flushed.</summary>
    [Fact]
    public void Crash_SevenBatchesFourOfThemFlushed_LosesOnlyASuffixOfTheRest()
    {
        var survivors = new SortedSet<int>();
        for (var seed = 1UL; seed <= 50; seed++)
        {
            var provider = new SimulatedStoreProvider(new Prng(seed), new SimulatedStoreOptions());
            var store = provider.Open("store");
            WriteNumbers(store, 1, 4);
            store.Flush();
            WriteNumbers(store, 5, 7);
            provider.Crash();
            survivors.Add(CountPrefix(provider.Open("store")));
        }

        Assert.Equal([4, 5, 6, 7], survivors);
    }

    [Fact]
    public void Crash_SameSeed_SameSurvivors()
    {
        Assert.Equal(Run(7), Run(7));

        static int Run(ulong seed)
        {
            var provider = new SimulatedStoreProvider(new Prng(seed), new SimulatedStoreOptions());
            WriteNumbers(provider.Open("store"), 1, 100);
            provider.Crash();
            return CountPrefix(provider.Open("store"));
        }
    }

    [Fact]
    public void Crash_MoreBatchesThanMayBeAtRisk_KeepsTheOldest()
    {
        for (var seed = 1UL; seed <= 20; seed++)
        {
            var provider = new SimulatedStoreProvider(new Prng(seed), new SimulatedStoreOptions { UnflushedBatchesMax = 3 });
            WriteNumbers(provider.Open("store"), 1, 10);
            provider.Crash();
            Assert.InRange(CountPrefix(provider.Open("store")), 7, 10);
        }
    }

    [Fact]
    public void Crash_OpenStore_IsOfNoUseAfterwards()
    {
        var provider = new SimulatedStoreProvider(new Prng(1), new SimulatedStoreOptions());
        var store = provider.Open("store");
        provider.Crash();
        Assert.Throws<ObjectDisposedException>(() => WriteNumbers(store, 1, 1));
        using var next = provider.Open("store");
        store.Dispose();
        Assert.Throws<StorageException>(() => provider.Open("store"));
    }

    [Fact]
    public void Crash_Checkpoint_IsDurable()
    {
        var provider = new SimulatedStoreProvider(new Prng(1), new SimulatedStoreOptions());
        var store = provider.Open("store");
        WriteNumbers(store, 1, 5);
        store.Checkpoint("copy");
        provider.Crash();
        Assert.Equal(5, CountPrefix(provider.Open("copy")));
    }

    /// <summary>Method: fail the first, second, … call until a run succeeds; a refused call has changed nothing.</summary>
    [Fact]
    public void BeforeCall_Throws_TheCallChangesNothing()
    {
        var succeeded = false;
        for (var failing = 1; !succeeded; failing++)
        {
            var calls = 0;
            var written = 0;
            var armed = true;
            var options = new SimulatedStoreOptions
            {
                BeforeCall = _ =>
                {
                    if (armed && ++calls == failing)
                        throw new StorageException(StorageFailure.NoSpace, "full");
                },
            };
            var provider = new SimulatedStoreProvider(new Prng(1), options);
            try
            {
                using var store = provider.Open("store");
                for (; written < 3; written++)
                    WriteNumbers(store, written + 1, written + 1);
                store.Flush();
                succeeded = true;
            }
            catch (StorageException full)
            {
                Assert.Equal(StorageFailure.NoSpace, full.Failure);
            }

            armed = false;
            using var after = provider.Open("store");
            Assert.Equal(written, CountPrefix(after));
        }
    }

    private static void WriteNumbers(IOrderedStore store, int first, int last)
    {
        for (var number = first; number <= last; number++)
        {
            var batch = new StoreBatch();
            batch.Put([(byte)number], [1]);
            batch.Put("last"u8, [(byte)number]);
            store.Write(batch);
        }
    }

    private static int CountPrefix(IOrderedStore store)
    {
        var count = 0;
        using var scan = store.Scan([], "l"u8);
        while (scan.MoveNext())
            Assert.Equal(++count, scan.Key[0]);
        var last = new ByteWriter();
        Assert.Equal(count > 0, store.TryGet("last"u8, last));
        Assert.Equal(count, last.WrittenCount == 0 ? 0 : last.WrittenSpan[0]);
        return count;
    }
}
