using KvStore.Mvcc.Tests.Support;
using KvStore.Platform;
using KvStore.RocksDb;
using KvStore.Simulation.Store;

namespace KvStore.Mvcc.Tests;

/// <summary>The store against the dumb model, under seeded random operations. A failing seed is the reproduction.</summary>
public sealed class MvccStoreModelTests
{
    public static TheoryData<ulong, int> Seeds()
    {
        var seeds = new TheoryData<ulong, int>();
        for (ulong seed = 1; seed <= 12; seed++)
            seeds.Add(seed, seed % 3 == 0 ? 6 : seed % 3 == 1 ? 60 : 400);
        return seeds;
    }

    /// <summary>M13, M14, M17: writer and views, some kept open over many batches and compactions, answer what the model answers.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Store_RandomOperations_AnswersAsTheModel(ulong seed, int keys)
    {
        var script = new StoreScript(seed, keys);
        for (var step = 0; step < 400; step++)
            script.Step();
    }

    /// <summary>M8, M10: a restart at any point, in the middle of a sweep too, finds the same history, and the sweep ends in the same state.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Store_RestartedAtRandomPoints_AnswersAsTheModel(ulong seed, int keys)
    {
        var script = new StoreScript(seed + 1000, keys);
        for (var restarts = 0; restarts < 12; restarts++)
        {
            for (var step = script.Prng.Below(40); step > 0; step--)
                script.Step();
            script.Restart();
        }
    }

    /// <summary>
    /// M1, M2, M8, M10: a crash loses a suffix of the writes; what is left is the state of exactly the batch whose consistent index
    /// is stored, and the sweep goes on from it.
    /// </summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Store_CrashedAtRandomPoints_IsAtItsConsistentIndex(ulong seed, int keys)
    {
        var script = new StoreScript(seed + 3000, keys);
        for (var crashes = 0; crashes < 12; crashes++)
        {
            for (var step = script.Prng.Below(60); step > 0; step--)
                script.Step();
            script.Crash();
            if (script.Prng.Chance(1, 3))
            {
                script.CloseViews();
                script.SettleAndCompare();
            }
        }
    }

    /// <summary>M9, M10: when views are closed and the sweep is done, memory and store hold exactly what the compaction must leave.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Store_AtRest_HoldsExactlyWhatSurvives(ulong seed, int keys)
    {
        var script = new StoreScript(seed + 2000, keys);
        for (var rounds = 0; rounds < 10; rounds++)
        {
            for (var step = 0; step < 40; step++)
                script.Step();
            if (script.Prng.Chance(1, 3))
                script.Restart();
            script.CloseViews();
            script.SettleAndCompare();
        }
    }

    /// <summary>
    /// M1, M5, M10: the first, the second, … write fails, whatever it is (a batch, a compaction mark, a step of the sweep), and the
    /// member restarts: always at the state of the stored consistent index, until a run gets through.
    /// </summary>
    [Fact]
    public void Store_EachWriteFailsInTurn_RestartsAtItsConsistentIndex()
    {
        var failures = 0;
        for (var failing = 1; RunUntilWriteFails(failing); failing++)
            failures++;
        Assert.InRange(failures, 50, 200);
    }

    /// <summary>The same operations on the real store: the room and RocksDB agree about the door.</summary>
    [Theory]
    [InlineData(1, 6)]
    [InlineData(2, 60)]
    [InlineData(3, 400)]
    public void Store_OnRocksDb_AnswersAsTheModel(ulong seed, int keys)
    {
        var directory = Directory.CreateTempSubdirectory("kvstore-mvcc-");
        try
        {
            var script = new StoreScript(seed, keys, new RocksOrderedStoreProvider(new RocksStoreOptions()), directory.FullName);
            for (var round = 0; round < 5; round++)
            {
                for (var step = 0; step < 60; step++)
                    script.Step();
                script.Restart();
                script.CloseViews();
                script.SettleAndCompare();
            }

            script.Disk.Dispose();
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>False when the run ended before the write that should fail.</summary>
    private static bool RunUntilWriteFails(int failing)
    {
        var writes = 0;
        var script = new StoreScript(seed: 77, keys: 12, new SimulatedStoreOptions
        {
            BeforeCall = call =>
            {
                if (call == StoreCall.Write && ++writes == failing)
                    throw new StorageException(StorageFailure.Io, "this write fails");
            },
        });
        try
        {
            for (var step = 0; step < 120; step++)
                script.Step();
            return false;
        }
        catch (StorageException)
        {
            script.Crash();
            for (var step = 0; step < 30; step++)
                script.Step();
            script.CloseViews();
            script.SettleAndCompare();
            return true;
        }
    }
}
