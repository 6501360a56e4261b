using System.Text;
using KvStore.Mvcc.Tests.Support;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Store;

namespace KvStore.Mvcc.Tests.Compaction;

/// <summary>What a compaction leaves, step by step; the seeded tests cover the combinations.</summary>
public sealed class CompactionTests
{
    private readonly SilentTrace _trace = new();
    private readonly SimulatedStoreProvider _disk = new(new Prng(1), new SimulatedStoreOptions());
    private IOrderedStore _rows;
    private MvccStore _store;

    public CompactionTests()
    {
        _rows = _disk.Open("db");
        _store = MvccStore.Open(_rows, new MvccOptions(), _trace);
    }

    /// <summary>M9: the live version at r stays, older ones go, newer ones stay.</summary>
    [Fact]
    public void Sweep_LiveKey_KeepsItsVersionAtTheCompactedRevision()
    {
        Put("a"); // 2
        Put("a"); // 3
        Put("b"); // 4
        Put("a"); // 5
        Compact(4);
        Assert.Equal(["3_0", "4_0", "5_0"], Stored());
        using var view = _store.OpenView();
        Assert.True(view.TryGet("a"u8, new Revision(4), out var meta));
        Assert.Equal(new ItemRevision(new Revision(3), 0), meta.Modified);
        Assert.Equal(2, meta.Version);
    }

    /// <summary>M9: a delete below r is gone with its key; nothing of the key is left in memory either.</summary>
    [Fact]
    public void Sweep_DeletedBelow_LeavesNothing()
    {
        Put("a");
        Delete("a"); // 3
        Put("b"); // 4
        Compact(4);
        Assert.Equal(["4_0"], Stored());
        Assert.Equal(1, _store.State.Slabs.Records.Used);
    }

    /// <summary>M9: a watch from exactly r still gets the delete at r, and the next compaction removes it.</summary>
    [Fact]
    public void Sweep_DeletedAtTheCompactedRevision_KeepsTheDeleteUntilTheNextOne()
    {
        Put("a");
        Delete("a"); // 3
        Compact(3);
        Assert.Equal(["3_0"], Stored());
        using (var view = _store.OpenView())
        {
            var events = new List<WatchEvent>();
            view.ReadEvents(new Revision(3), new Revision(3), 10, 1000, withPrevious: true, events);
            var deleted = Assert.Single(events);
            Assert.Equal(WatchEventType.Delete, deleted.Type);
            // W11: the version before it is compacted, so there is no prev_kv.
            Assert.Null(deleted.Previous);
        }

        Put("b"); // 4
        Compact(4);
        Assert.Equal(["4_0"], Stored());
    }

    /// <summary>M9: a key deleted below r and put again above it keeps the put alone.</summary>
    [Fact]
    public void Sweep_DeletedBelowAndCreatedAbove_KeepsTheNewLife()
    {
        Put("a");
        Delete("a"); // 3
        Put("b"); // 4
        Put("a"); // 5
        Compact(4);
        Assert.Equal(["4_0", "5_0"], Stored());
        using var view = _store.OpenView();
        Assert.False(view.TryGet("a"u8, new Revision(4), out _));
        Assert.True(view.TryGet("a"u8, Revision.Zero, out _));
    }

    /// <summary>M13, M9: delete and put of one key in the compacted transaction both stay, in order.</summary>
    [Fact]
    public void Sweep_DeletedAndPutAgainInTheCompactedTransaction_KeepsBoth()
    {
        Put("a");
        _store.Writer.BeginTxn();
        _store.Writer.DeleteRange("a"u8, []);
        _store.Writer.Put("a"u8, "again"u8, LeaseId.None);
        _store.Writer.DeleteRange("a"u8, []);
        var put = _store.Writer.Put("a"u8, "once more"u8, LeaseId.None);
        _store.Writer.EndTxn();
        _store.Writer.Commit();
        Assert.Null(put.Previous);
        Compact(3);
        Assert.Equal(["3_0", "3_1", "3_2", "3_3"], Stored());
        Put("b");
        Compact(4);
        Assert.Equal(["3_3", "4_0"], Stored());
    }

    /// <summary>The compaction counts at once, the removal waits for the views that may still read what it removes.</summary>
    [Fact]
    public void Sweep_ViewOpenedBeforeTheCompaction_WaitsUntilItCloses()
    {
        Put("a");
        Put("a");
        var old = _store.OpenView();
        Schedule(3);
        using var after = _store.OpenView();
        Assert.Equal(new Revision(3), after.Compacted);
        Assert.Equal(SweepProgress.WaitingForViews, _store.Sweep.Next(100));
        Assert.True(old.TryGet("a"u8, new Revision(2), out var meta));
        var pair = new ByteWriter();
        old.CopyKeyValue(meta, pair);
        old.Dispose();
        Assert.Equal(SweepProgress.Finished, _store.Sweep.Next(100));
        Assert.Equal(["3_0"], Stored());
        Assert.Equal(SweepProgress.Idle, _store.Sweep.Next(100));
    }

    /// <summary>M11: the second, later compaction is swept after the first; each is reported as finished by itself.</summary>
    [Fact]
    public void Sweep_TwoCompactionsScheduled_FinishesBothInOrder()
    {
        for (var i = 0; i < 6; i++)
            Put("a"); // 2..7
        Schedule(3);
        Assert.Equal(SweepProgress.More, _store.Sweep.Next(1));
        Schedule(6);
        Assert.Equal(SweepProgress.Finished, _store.Sweep.Next(10));
        Assert.Equal((new Revision(3), new Revision(6)), (_store.Sweep.Finished, _store.Sweep.Scheduled));
        Assert.Equal(SweepProgress.Finished, _store.Sweep.Next(10));
        Assert.Equal(["6_0", "7_0"], Stored());
        Assert.Equal([3UL, 6UL], _trace.Events.Where(e => e.Kind == TraceKind.CompactionFinished).Select(e => e.A));
    }

    /// <summary>M10: the marks are apart while batches are missing, also over a restart, and together at the end.</summary>
    [Fact]
    public void Sweep_RestartedInTheMiddle_Resumes()
    {
        for (var i = 0; i < 10; i++)
            Put("a"); // 2..11
        Schedule(9);
        Assert.Equal(SweepProgress.More, _store.Sweep.Next(3));
        Restart();
        Assert.Equal((Revision.Zero, new Revision(9)), (_store.Sweep.Finished, _store.Sweep.Scheduled));
        Assert.Equal(new Revision(9), _store.Writer.Compacted);
        Assert.Equal(SweepProgress.Finished, _store.Sweep.Next(100));
        Assert.Equal(["9_0", "10_0", "11_0"], Stored());
        Restart();
        Assert.Equal(SweepProgress.Idle, _store.Sweep.Next(100));
    }

    /// <summary>M8: the current revision survives a compaction at it that removes every key.</summary>
    [Fact]
    public void Open_EverythingDeletedAndCompacted_KeepsTheRevision()
    {
        Put("a");
        Delete("a"); // 3
        Compact(3);
        Restart();
        Assert.Equal(new Revision(3), _store.Writer.Current);
        Put("b");
        Assert.Equal(new Revision(4), _store.Writer.Current);
    }

    /// <summary>The work of a sweep is what it removes: a large store with little garbage takes one step.</summary>
    [Fact]
    public void Sweep_LittleGarbageInALargeStore_TakesOneStep()
    {
        for (var i = 0; i < 3000; i++)
            Put($"key-{i}");
        Put("key-7");
        Put("key-8");
        Schedule(_store.Writer.Current.Value);
        Assert.Equal(SweepProgress.Finished, _store.Sweep.Next(3));
    }

    private void Put(string key) => InTxn(writer => writer.Put(Encoding.ASCII.GetBytes(key), "value"u8, LeaseId.None));

    private void Delete(string key) => InTxn(writer => writer.DeleteRange(Encoding.ASCII.GetBytes(key), []));

    private void InTxn(Action<MvccWriter> act)
    {
        _store.Writer.BeginTxn();
        act(_store.Writer);
        _store.Writer.EndTxn();
        _store.Writer.Commit();
    }

    private void Schedule(long revision)
    {
        _store.Writer.ScheduleCompact(new Revision(revision));
        _store.Writer.Commit();
    }

    private void Compact(long revision)
    {
        Schedule(revision);
        Assert.Equal(SweepProgress.Finished, _store.Sweep.Next(1000));
        // The next publication frees what the sweep has retired.
        _store.Writer.Commit();
    }

    private void Restart()
    {
        _rows.Dispose();
        _rows = _disk.Open("db");
        _store = MvccStore.Open(_rows, new MvccOptions(), _trace);
    }

    private List<string> Stored()
    {
        var stored = new List<string>();
        using var scan = _rows.Scan("r"u8, "s"u8);
        while (scan.MoveNext())
            stored.Add(StoreKeys.ReadRevisionKey(scan.Key).ToString());
        return stored;
    }
}
