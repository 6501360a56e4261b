using KvStore.Node.Stores;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Disk;
using KvStore.Simulation.Store;

namespace KvStore.Node.Tests.Stores;

/// <summary>C10, D11: whatever call is the last one, the next start finds the old store or the new one, and nothing else remains.</summary>
public sealed class StoreCatalogTests
{
    private const string Folder = "data/member/snap";

    [Fact]
    public void Adopt_CrashAtAnyCall_LeavesTheOldOrTheNewStore()
    {
        var sawOld = false;
        var sawNew = false;
        for (var nth = 1; ; nth++)
        {
            var (disk, stores) = NewDisk(nth);
            var catalog = StoreCatalog.Open(disk, stores, Folder);
            var incoming = catalog.Begin();
            using (stores.Open(incoming))
            {
            }

            disk.FaultOnce(nth, DiskFault.CrashBefore);
            var ended = false;
            try
            {
                catalog.Adopt(incoming, (new LogIndex(7), new Term(3)));
                ended = true;
            }
            catch (SimulatedCrashException)
            {
            }

            disk.LosePower(PowerLoss.KeepSome);
            disk.Faults = static (_, _) => DiskFault.None;
            var opened = StoreCatalog.Open(disk, stores, Folder);
            var current = opened.Current;
            // In the one step: where the new store is, it is known that the log begins behind it.
            Assert.Equal(current == incoming ? (new LogIndex(7), new Term(3)) : null, opened.LogBegins);
            Assert.Contains(current, new[] { Folder + "/db-0", incoming });
            sawOld |= current != incoming;
            sawNew |= current == incoming;
            if (!ended)
                continue;
            Assert.Equal(incoming, current);
            break;
        }

        Assert.True(sawOld && sawNew);
    }

    [Fact]
    public void LogBegins_IsKeptOverStarts_UntilTheLogHasBegun()
    {
        var (disk, stores) = NewDisk(1);
        var catalog = StoreCatalog.Open(disk, stores, Folder);
        Assert.Null(catalog.LogBegins);
        catalog.BeginLog(new LogIndex(9), new Term(4));
        catalog = StoreCatalog.Open(disk, stores, Folder);
        var copy = catalog.Begin();
        catalog.Adopt(copy);
        catalog = StoreCatalog.Open(disk, stores, Folder);
        Assert.Equal((copy, (new LogIndex(9), new Term(4))), (catalog.Current, catalog.LogBegins!.Value));
        catalog.LogHasBegun();
        Assert.Null(StoreCatalog.Open(disk, stores, Folder).LogBegins);
    }

    [Fact]
    public void DamagedCatalog_IsRefused()
    {
        var (disk, stores) = NewDisk(1);
        _ = StoreCatalog.Open(disk, stores, Folder);
        disk.FlipBit(Folder + "/stores", 9, 1);
        var refusal = Assert.Throws<StorageException>(() => StoreCatalog.Open(disk, stores, Folder));
        Assert.Equal(StorageFailure.Corrupt, refusal.Failure);
    }

    [Fact]
    public void HalfReceivedStores_AreRemovedAtStart()
    {
        var (disk, stores) = NewDisk(1);
        var catalog = StoreCatalog.Open(disk, stores, Folder);
        var half = catalog.Begin();
        var store = stores.Open(half);
        var batch = new StoreBatch();
        batch.Put("a"u8, "b"u8);
        store.Write(batch);
        store.Dispose();
        _ = StoreCatalog.Open(disk, stores, Folder);
        using var again = stores.Open(half);
        Assert.False(again.TryGet("a"u8, new ByteWriter()));
    }

    private static (SimulatedDisk Disk, SimulatedStoreProvider Stores) NewDisk(int seed)
    {
        var disk = new SimulatedDisk(new Prng((ulong)seed));
        disk.CreateDirectory(Folder);
        disk.SyncDirectory("data/member");
        disk.SyncDirectory("data");
        disk.SyncDirectory("/");
        return (disk, new SimulatedStoreProvider(new Prng((ulong)seed + 1), new SimulatedStoreOptions()));
    }
}
