using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Store;

namespace KvStore.Mvcc.Tests.Support;

/// <summary>Drives a store and the model side by side with seeded random operations, and compares whatever can be asked.</summary>
internal sealed class StoreScript
{
    private readonly Prng _prng;
    private readonly List<(MvccView View, long Current, long Compacted)> _views = [];
    private readonly byte[][] _keys;
    private readonly ByteWriter _bytes = new();
    private readonly IOrderedStoreProvider _provider;
    private readonly string _directory;

    /// <summary>After each batch, by its consistent index: the current and the compacted revision.</summary>
    private readonly List<(long Current, long Compacted)> _batches = [(1, 0)];

    public StoreScript(ulong seed, int keys, SimulatedStoreOptions? options = null)
        : this(seed, keys, new SimulatedStoreProvider(new Prng(seed), options ?? new SimulatedStoreOptions()), "db")
    {
    }

    public StoreScript(ulong seed, int keys, IOrderedStoreProvider provider, string directory)
    {
        _prng = new Prng(seed);
        _provider = provider;
        _directory = directory;
        Disk = _provider.Open(_directory);
        Store = Open();
        _keys = MakeKeys(keys);
    }

    public IOrderedStore Disk { get; private set; }

    public MvccStore Store { get; private set; }

    public KeyModel Model { get; } = new();

    public Prng Prng => _prng;

    public SilentTrace Trace { get; } = new();

    public void Step()
    {
        switch (_prng.Below(20))
        {
            case < 12:
                Batch();
                break;
            case 12 or 13:
                OpenView();
                break;
            case 14 when _views.Count > 0:
                CloseView(_prng.Below(_views.Count));
                break;
            case 15:
                Compact();
                break;
            case 16 when _prng.Chance(1, 4):
                Disk.Flush();
                break;
            case 16 or 17:
                Store.Sweep.Next(1 + _prng.Below(8));
                break;
            default:
                foreach (var (view, current, compacted) in _views)
                    Compare(view, current, compacted, samples: 2);
                break;
        }
    }

    public void OpenView()
    {
        _views.Add((Store.OpenView(), Model.Current, Model.Compacted));
        Compare(_views[^1].View, Model.Current, Model.Compacted, samples: 6);
    }

    public void CloseView(int index)
    {
        Compare(_views[index].View, _views[index].Current, _views[index].Compacted, samples: 6);
        _views[index].View.Dispose();
        _views.RemoveAt(index);
    }

    public void CloseViews()
    {
        while (_views.Count > 0)
            CloseView(0);
    }

    /// <summary>An orderly restart: everything written is there.</summary>
    public void Restart()
    {
        CloseViews();
        Disk.Dispose();
        Reopen();
        Assert.Equal(_batches.Count - 1, (int)Store.ConsistentIndex.Value);
        OpenView();
    }

    /// <summary>
    /// A crash: a suffix of the unflushed writes is lost. The consistent index in the store says what the model must forget (M1).
    /// </summary>
    public void Crash()
    {
        CloseViews();
        ((SimulatedStoreProvider)_provider).Crash();
        Reopen();
        var survived = (int)Store.ConsistentIndex.Value;
        _batches.RemoveRange(survived + 1, _batches.Count - survived - 1);
        Model.ForgetAfter(_batches[^1].Current, _batches[^1].Compacted);
        OpenView();
    }

    private void Reopen()
    {
        Disk = _provider.Open(_directory);
        Store = Open();
    }

    public CommittedBatch Commit()
    {
        MetaRecords.PutConsistent(Store.Writer.Batch, new LogIndex((ulong)_batches.Count), new Term(3));
        var committed = Store.Writer.Commit();
        _batches.Add((committed.After.Value, Store.Writer.Compacted.Value));
        return committed;
    }

    public void Batch()
    {
        var before = Model.Current;
        var changes = new List<KeyModel.Version>();
        for (var txns = 1 + _prng.Below(3); txns > 0; txns--)
        {
            changes.AddRange(Txn());
            // A compaction is an entry like any other and stands in the middle of a batch.
            if (_prng.Chance(1, 30))
                ScheduleCompact();
        }

        var committed = Commit();
        Assert.Equal(before, committed.Before.Value);
        Assert.Equal(Model.Current, committed.After.Value);
        Assert.Equal(changes.Count, committed.Events.Length);
        for (var i = 0; i < changes.Count; i++)
            CompareEvent(changes[i], committed.Events.Span[i], Model.Before(changes[i]));
    }

    public void Compact()
    {
        ScheduleCompact();
        Commit();
    }

    private void ScheduleCompact()
    {
        if (Model.Compacted >= Model.Current)
            return;
        var revision = _prng.Between(Math.Max(1, Model.Compacted + 1), Model.Current);
        Store.Writer.ScheduleCompact(new Revision(revision));
        Model.Compact(revision);
    }

    public void SweepToEnd()
    {
        while (Store.Sweep.Next(5) is var progress && progress != SweepProgress.Idle)
            Assert.NotEqual(SweepProgress.WaitingForViews, progress);
        Assert.Equal(Store.Sweep.Scheduled, Store.Sweep.Finished);
    }

    /// <summary>A batch after the sweep frees what the sweep has retired; it may bring a compaction of its own.</summary>
    public void SettleAndCompare()
    {
        SweepToEnd();
        Batch();
        SweepToEnd();
        Commit();
        CompareAtRest();
    }

    /// <summary>No view is open and no sweep is due: the memory holds what the tree refers to, the store what the model says, and nothing else.</summary>
    public void CompareAtRest()
    {
        Assert.Empty(_views);
        Assert.False(Store.HasOpenViews);
        var slabs = Store.State.Slabs;
        var audit = IndexAudit.Of(slabs, Store.State.Tree.Root);
        Assert.Equal(audit.Leaves, slabs.Leaves.Used);
        Assert.Equal(audit.Inners, slabs.Inners.Used);
        Assert.Equal(audit.Records, slabs.Records.Used);
        Assert.Equal(audit.Keys.Sum(key => (long)(4 + slabs.Keys[key].Length + 7) / 8 * 8), slabs.Keys.UsedBytes);
        var survivors = Model.Survivors(Model.Compacted);
        Assert.Equal(survivors.Count, audit.Records);
        Assert.Equal(survivors.Sum(v => v.Stored().Length), Store.Writer.RetainedBytes);
        Assert.Equal(Model.Range([0], [0], Model.Current).Sum(v => v.Stored().Length), Store.Writer.LiveBytes);
        Assert.Equal(survivors.Select(v => Convert.ToHexString(v.Stored())), RowsOf('r'));
        Assert.Equal(survivors.Count, RowsOf('k').Count);
    }

    public void Compare(MvccReader reader, long current, long compacted, int samples)
    {
        Assert.Equal(current, reader.Current.Value);
        Assert.Equal(compacted, reader.Compacted.Value);
        for (; samples > 0; samples--)
        {
            var at = _prng.Chance(1, 2) ? 0 : _prng.Between(Math.Max(1, compacted), current);
            var effective = at == 0 ? current : at;
            CompareKey(reader, _keys[_prng.Below(_keys.Length)], at, effective);
            var (key, end) = RandomRange();
            CompareRange(reader, key, end, at, effective);
        }
    }

    public List<KeyModel.Version> Txn()
    {
        var writer = Store.Writer;
        var changes = new List<KeyModel.Version>();
        var main = Model.Current + 1;
        writer.BeginTxn();
        for (var operations = _prng.Below(4); operations > 0; operations--)
        {
            var made = _prng.Chance(1, 4) ? Delete(main, changes.Count) : Put(main, changes.Count);
            Model.Apply(main, made);
            changes.AddRange(made);
            Compare(writer, changes.Count > 0 ? main : main - 1, Model.Compacted, samples: 1);
        }

        var result = writer.EndTxn();
        Assert.Equal(changes.Count > 0, result.Changed);
        Assert.Equal(Model.Current, result.Revision.Value);
        return changes;
    }

    /// <summary>The values of a table's rows, in order.</summary>
    public List<string> RowsOf(char table)
    {
        var rows = new List<string>();
        using var scan = Disk.Scan([(byte)table], [(byte)(table + 1)]);
        while (scan.MoveNext())
            rows.Add(Convert.ToHexString(scan.Value));
        return rows;
    }

    private List<KeyModel.Version> Put(long main, int sub)
    {
        var key = _keys[_prng.Below(_keys.Length)];
        var value = new byte[_prng.Below(4) == 0 ? 0 : _prng.Below(30)];
        _prng.Fill(value);
        var lease = _prng.Chance(1, 3) ? _prng.Between(-5, 5) : 0;
        var previous = Model.Get(key, long.MaxValue);
        var put = new KeyModel.Version(key, main, sub, previous?.Created ?? main, (previous?.Count ?? 0) + 1, lease, value);
        var result = Store.Writer.Put(key, value, new LeaseId(lease));
        Assert.Equal(new ItemRevision(new Revision(main), sub), result.Modified);
        CompareMeta(previous, result.Previous);
        return [put];
    }

    private List<KeyModel.Version> Delete(long main, int sub)
    {
        var (key, end) = RandomRange();
        var expected = Model.Range(key, end, long.MaxValue);
        var deleted = Store.Writer.DeleteRange(key, end);
        Assert.Equal(expected.Count, deleted.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].Key, deleted[i].Key.ToArray());
            CompareMeta(expected[i], deleted[i].Previous);
        }

        return [.. expected.Select((v, i) => new KeyModel.Version(v.Key, main, sub + i, 0, 0, 0, []))];
    }

    private void CompareKey(MvccReader reader, byte[] key, long at, long effective)
    {
        var expected = Model.Get(key, effective);
        Assert.Equal(expected is not null, reader.TryGet(key, new Revision(at), out var meta));
        if (expected is not null)
            ComparePair(reader, expected, meta);
    }

    private void CompareRange(MvccReader reader, byte[] key, byte[] end, long at, long effective)
    {
        var expected = Model.Range(key, end, effective);
        Assert.Equal(expected.Count, reader.Count(key, end, new Revision(at)));
        var cursor = reader.Seek(key, end, new Revision(at));
        foreach (var version in expected)
        {
            Assert.True(cursor.MoveNext());
            Assert.Equal(version.Key, cursor.Key.ToArray());
            ComparePair(reader, version, cursor.Meta);
        }

        Assert.False(cursor.MoveNext());
        Assert.False(cursor.MoveNext());
    }

    private void ComparePair(MvccReader reader, KeyModel.Version expected, KeyMeta meta)
    {
        CompareMeta(expected, meta);
        _bytes.Clear();
        reader.CopyKeyValue(meta, _bytes);
        Assert.Equal(expected.Stored(), _bytes.ToArray());
    }

    private static void CompareMeta(KeyModel.Version? expected, KeyMeta? actual)
    {
        Assert.Equal(expected is null, actual is null);
        if (expected is null || actual is not { } meta)
            return;
        Assert.Equal(new ItemRevision(new Revision(expected.Main), expected.Sub), meta.Modified);
        Assert.Equal(expected.Created, meta.Created.Value);
        Assert.Equal(expected.Count, meta.Version);
        Assert.Equal(expected.Lease, meta.Lease.Value);
        Assert.Equal(expected.Stored().Length, meta.StoredBytes);
    }

    public static void CompareEvent(KeyModel.Version expected, WatchEvent actual, KeyModel.Version? previous)
    {
        Assert.Equal(expected.IsDelete ? WatchEventType.Delete : WatchEventType.Put, actual.Type);
        Assert.Equal(new ItemRevision(new Revision(expected.Main), expected.Sub), actual.Revision);
        Assert.Equal(expected.Key, actual.Key.ToArray());
        Assert.Equal(expected.EventPair(), actual.KeyValue.ToArray());
        Assert.Equal(previous is null ? null : new ItemRevision(new Revision(previous.Main), previous.Sub), actual.Previous);
    }

    private (byte[] Key, byte[] End) RandomRange()
    {
        var key = _keys[_prng.Below(_keys.Length)];
        return _prng.Below(5) switch
        {
            0 => (key, []),
            1 => (key, [0]),
            2 => ([0], [0]),
            _ => (key, _keys[_prng.Below(_keys.Length)]),
        };
    }

    /// <summary>Keys that are prefixes of each other, with the lowest and highest bytes, some behind a long common beginning.</summary>
    private byte[][] MakeKeys(int count)
    {
        byte[] alphabet = [0, 1, (byte)'a', (byte)'b', 0xff];
        var keys = new SortedSet<byte[]>(ByteOrder.Instance);
        while (keys.Count < count)
        {
            var key = new byte[1 + _prng.Below(2 + (int)Math.Log2(count))];
            for (var i = 0; i < key.Length; i++)
                key[i] = alphabet[_prng.Below(alphabet.Length)];
            keys.Add(_prng.Chance(1, 3) ? [.. "/registry/pods/"u8, .. key] : key);
        }

        return [.. keys];
    }

    private MvccStore Open() => MvccStore.Open(Disk, new MvccOptions { EventBlockBytes = 256 }, Trace ?? new SilentTrace());
}
