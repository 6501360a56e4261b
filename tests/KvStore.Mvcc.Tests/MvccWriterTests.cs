using System.Text;
using KvStore.Mvcc.Tests.Support;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Store;

namespace KvStore.Mvcc.Tests;

public sealed class MvccWriterTests
{
    private readonly SimulatedStoreProvider _disk;
    private readonly IOrderedStore _rows;
    private readonly MvccStore _store;
    private int _writesUntilFailure = int.MaxValue;

    public MvccWriterTests()
    {
        var options = new SimulatedStoreOptions
        {
            BeforeCall = call =>
            {
                if (call == StoreCall.Write && --_writesUntilFailure < 0)
                    throw new StorageException(StorageFailure.NoSpace, "the test's disk is full");
            },
        };
        _disk = new SimulatedStoreProvider(new Prng(1), options);
        _rows = _disk.Open("db");
        _store = MvccStore.Open(_rows, new MvccOptions(), new SilentTrace());
    }

    [Fact]
    public void Open_EmptyStore_IsAtRevisionOne()
    {
        Assert.Equal(new Revision(1), _store.Writer.Current);
        Assert.Equal(LogIndex.Zero, _store.ConsistentIndex);
        using var view = _store.OpenView();
        Assert.Equal((new Revision(1), Revision.Zero), (view.Current, view.Compacted));
        Assert.Equal(0, view.Count([0], [0], Revision.Zero));
    }

    /// <summary>A transaction that changes nothing consumes no revision (contract 3.1).</summary>
    [Fact]
    public void EndTxn_NothingChanged_ConsumesNoRevision()
    {
        _store.Writer.BeginTxn();
        Assert.Empty(_store.Writer.DeleteRange([0], [0]));
        Assert.Equal(new TxnResult(new Revision(1), Changed: false), _store.Writer.EndTxn());
    }

    /// <summary>M13: delete, then put within one transaction: sub-revisions in order, the version begins again at 1.</summary>
    [Fact]
    public void Put_AfterADeleteInTheSameTxn_BeginsANewLife()
    {
        InTxn(writer => writer.Put("a"u8, "1"u8, LeaseId.None));
        InTxn(writer =>
        {
            Assert.Equal(new Revision(2), writer.Current);
            Assert.Single(writer.DeleteRange("a"u8, []));
            Assert.Equal(new Revision(3), writer.Current);
            var put = writer.Put("a"u8, "2"u8, LeaseId.None);
            Assert.Equal(new PutResult(new ItemRevision(new Revision(3), 1), null), put);
        });
        using var view = Commit();
        Assert.True(view.TryGet("a"u8, Revision.Zero, out var meta));
        Assert.Equal((new Revision(3), 1L), (meta.Created, meta.Version));
    }

    /// <summary>W11: prev_kv is what was live before the revision, not what the same transaction put there (as etcd 3.5.30 told its watchers).</summary>
    [Fact]
    public void Event_OfAKeyPutAndDeletedInOneTxn_HasTheVersionBeforeTheTxn()
    {
        InTxn(writer => writer.Put("a"u8, "1"u8, LeaseId.None));
        InTxn(writer =>
        {
            writer.Put("a"u8, "2"u8, LeaseId.None);
            writer.Put("b"u8, "1"u8, LeaseId.None);
            writer.DeleteRange("a"u8, "c"u8);
        });
        var events = _store.Writer.Commit().Events.ToArray();
        var first = new ItemRevision(new Revision(2), 0);
        ItemRevision?[] expected = [null, first, null, first, null];
        Assert.Equal(expected, events.Select(one => one.Previous));

        using var view = _store.OpenView();
        var history = new List<WatchEvent>();
        view.ReadEvents(new Revision(2), new Revision(3), 10, 1000, withPrevious: true, history);
        Assert.Equal(expected, history.Select(one => one.Previous));
    }

    /// <summary>M14: what a transaction has written is read within it, and by nobody else before the commit.</summary>
    [Fact]
    public void TryGet_UncommittedPut_IsSeenByTheWriterOnly()
    {
        InTxn(writer => writer.Put("a"u8, "1"u8, new LeaseId(7)));
        using (var before = _store.OpenView())
            Assert.False(before.TryGet("a"u8, Revision.Zero, out _));
        Assert.True(_store.Writer.TryGet("a"u8, Revision.Zero, out var meta));
        var pair = new ByteWriter();
        _store.Writer.CopyKeyValue(meta, pair);
        var stored = Protocol.Mvcc.KeyValue.Parser.ParseFrom(pair.WrittenSpan);
        Assert.Equal(("1", 7L), (stored.Value.ToStringUtf8(), stored.Lease));
        using var view = Commit();
        Assert.True(view.TryGet("a"u8, Revision.Zero, out _));
    }

    /// <summary>M1: the state machine's records and the data are one store write.</summary>
    [Fact]
    public void Commit_WithTheStateMachinesRecords_IsOneWrite()
    {
        InTxn(writer => writer.Put("a"u8, "1"u8, LeaseId.None));
        InTxn(writer => writer.Put("b"u8, "1"u8, LeaseId.None));
        MetaRecords.PutConsistent(_store.Writer.Batch, new LogIndex(5), new Term(2));
        _writesUntilFailure = 1;
        Commit().Dispose();
        _disk.Crash();
        // All of it or nothing: the crash keeps or loses the one write.
        var survived = MvccStore.Open(_disk.Open("db"), new MvccOptions(), new SilentTrace());
        Assert.Equal(survived.ConsistentIndex == new LogIndex(5) ? new Revision(3) : new Revision(1), survived.Writer.Current);
    }

    /// <summary>M5: when the write fails, nothing of the batch is stored, no view sees it, and a restart is at the state before.</summary>
    [Fact]
    public void Commit_StoreFails_NothingIsVisible()
    {
        InTxn(writer => writer.Put("a"u8, "1"u8, LeaseId.None));
        Commit().Dispose();
        InTxn(writer => writer.Put("a"u8, "2"u8, LeaseId.None));
        MetaRecords.PutConsistent(_store.Writer.Batch, new LogIndex(9), new Term(1));
        _writesUntilFailure = 0;
        Assert.Throws<StorageException>(() => _store.Writer.Commit());
        using (var view = _store.OpenView())
        {
            Assert.Equal(new Revision(2), view.Current);
            Assert.True(view.TryGet("a"u8, Revision.Zero, out var meta));
            Assert.Equal(1, meta.Version);
        }

        _writesUntilFailure = int.MaxValue;
        _disk.Crash();
        var restarted = MvccStore.Open(_disk.Open("db"), new MvccOptions(), new SilentTrace());
        Assert.NotEqual(new LogIndex(9), restarted.ConsistentIndex);
    }

    /// <summary>A view that is closed must not be read: its memory may be somebody else's by now.</summary>
    [Fact]
    public void View_ReadAfterClosing_BreaksAnInvariant()
    {
        var view = _store.OpenView();
        view.Dispose();
        view.Dispose();
        Assert.Throws<InvariantBrokenException>(() => view.Count([0], [0], Revision.Zero));
    }

    /// <summary>M7 is refused above; here a revision that slipped through must not be answered from freed memory.</summary>
    [Fact]
    public void Read_OutsideTheReadableRevisions_BreaksAnInvariant()
    {
        for (var i = 0; i < 3; i++)
            InTxn(writer => writer.Put("a"u8, "1"u8, LeaseId.None));
        _store.Writer.ScheduleCompact(new Revision(3));
        using var view = Commit();
        Assert.True(view.TryGet("a"u8, new Revision(3), out _));
        Assert.Throws<InvariantBrokenException>(() => view.TryGet("a"u8, new Revision(2), out _));
        Assert.Throws<InvariantBrokenException>(() => view.TryGet("a"u8, new Revision(5), out _));
    }

    /// <summary>Keys of which one is a prefix of another interleave in the k table, since the revision follows the key there.</summary>
    [Fact]
    public void Open_RowsOfAKeyAmongThoseOfALongerOne_BuildsTheSameIndex()
    {
        byte[][] keys = ["a"u8.ToArray(), [(byte)'a', 0], [(byte)'a', 0, 0, 0, 0, 0, 0, 0], [(byte)'a', 0, 0, 0, 0, 0, 0, 0, 0, 9]];
        for (var round = 0; round < 40; round++)
        {
            foreach (var key in keys)
                InTxn(writer => writer.Put(key, Encoding.ASCII.GetBytes($"{round}"), LeaseId.None));
        }

        InTxn(writer => writer.DeleteRange(keys[1], []));
        Commit().Dispose();
        var expected = Picture(_store);
        _rows.Dispose();
        var reopened = MvccStore.Open(_disk.Open("db"), new MvccOptions(), new SilentTrace());
        Assert.Equal(expected, Picture(reopened));
        Assert.Equal(_store.Writer.LiveBytes, reopened.Writer.LiveBytes);
        Assert.Equal(_store.Writer.RetainedBytes, reopened.Writer.RetainedBytes);
        IndexAudit.Of(reopened.State.Slabs, reopened.State.Tree.Root);
    }

    private static List<string> Picture(MvccStore store)
    {
        var picture = new List<string>();
        using var view = store.OpenView();
        for (var at = 2; at <= view.Current.Value; at++)
        {
            for (var cursor = view.Seek([0], [0], new Revision(at)); cursor.MoveNext();)
                picture.Add($"{at} {Convert.ToHexString(cursor.Key)} {cursor.Meta}");
        }

        return picture;
    }

    private void InTxn(Action<MvccWriter> act)
    {
        _store.Writer.BeginTxn();
        act(_store.Writer);
        _store.Writer.EndTxn();
    }

    private MvccView Commit()
    {
        _store.Writer.Commit();
        return _store.OpenView();
    }
}
