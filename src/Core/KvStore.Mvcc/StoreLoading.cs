using KvStore.Mvcc.Index;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>
/// One start-up: reads the <c>k</c> table once and builds the index from it. Whatever a crash has left of an unfinished sweep is read like
/// everything else and ends up in the queue of superseded versions, so the sweep simply goes on (M10).
/// </summary>
internal sealed class StoreLoading
{
    private readonly IOrderedStore _store;
    private readonly IndexSlabs _slabs;
    private readonly IndexLoader _loader;
    private readonly List<Straggler> _stragglers = [];
    private readonly List<SupersededQueue.Entry> _superseded = [];
    private readonly List<uint> _chain = [];
    private readonly ByteWriter _key = new();
    private Revision _last = new(1);
    private long _liveBytes;
    private long _retainedBytes;

    public StoreLoading(IOrderedStore store, IndexSlabs slabs)
    {
        _store = store;
        _slabs = slabs;
        _loader = new IndexLoader(slabs);
    }

    public LoadedStore Load()
    {
        var scheduled = MetaRecords.ReadRevision(_store, MetaRecords.ScheduledKey);
        var finished = MetaRecords.ReadRevision(_store, MetaRecords.FinishedKey);
        Check.That(finished <= scheduled, "a compaction is finished after it was scheduled");
        ReadKeyTable();
        var root = AddStragglers(_loader.Finish());
        // The compacted revision existed, whatever is left of it (M8).
        var current = scheduled > _last ? scheduled : _last;
        return new LoadedStore(root, current, scheduled, finished, _liveBytes, _retainedBytes, SortSuperseded());
    }

    private void ReadKeyTable()
    {
        using var scan = _store.ScanAhead([StoreKeys.KeyTable], [StoreKeys.KeyTable + 1]);
        while (scan.MoveNext())
        {
            var key = StoreKeys.ReadKeyKey(scan.Key, out var place);
            var record = KeyMetadata.Read(place, scan.Value);
            _retainedBytes += record.StoredBytes;
            if (place.Main > _last)
                _last = place.Main;
            var order = _chain.Count == 0 ? 1 : key.SequenceCompareTo(_key.WrittenSpan);
            if (order < 0)
            {
                _stragglers.Add(new Straggler(key.ToArray(), record));
                continue;
            }

            if (order > 0)
            {
                FinishKey();
                _key.Clear();
                _key.Write(key);
            }

            _chain.Add(Link(record, _chain.Count == 0 ? 0 : _chain[^1]));
        }

        FinishKey();
    }

    private uint Link(VersionRecord record, uint previous)
    {
        var number = _slabs.Records.Take();
        record.Previous = previous;
        record.Next = 0;
        _slabs.Records[number] = record;
        if (previous != 0)
        {
            Check.That(MvccReader.MetaOf(in _slabs.Records[previous]).Modified < MvccReader.MetaOf(in record).Modified, "versions of a key are read in order");
            _slabs.Records[previous].Next = number;
        }

        return number;
    }

    private void FinishKey()
    {
        if (_chain.Count == 0)
            return;
        var key = _loader.Add(_key.WrittenSpan, _chain[^1]);
        foreach (var record in _chain)
            NoteSuperseded(record, key);
        CountLive(_chain[^1], sign: 1);
        _chain.Clear();
    }

    /// <summary>Rows that came after a longer key they are a prefix of (see <see cref="StoreKeys"/>): rare, put in one by one.</summary>
    private IndexRoot AddStragglers(IndexRoot root)
    {
        if (_stragglers.Count == 0)
            return root;
        // Nobody can see the tree yet, so the loader's batch goes on and nothing is retired.
        var tree = new IndexTree(_slabs, new RetiredList(), root, batch: 0);
        foreach (var (key, record) in _stragglers)
        {
            IndexSearch.TryFind(_slabs, tree.Root, key, out var newest);
            if (newest != 0)
                CountLive(newest, sign: -1);
            var number = Link(record, newest);
            NoteSuperseded(number, tree.Put(key, number));
            CountLive(number, sign: 1);
        }

        return tree.Root;
    }

    private void CountLive(uint newest, int sign)
    {
        ref var record = ref _slabs.Records[newest];
        if (!record.IsTombstone)
            _liveBytes += sign * record.StoredBytes;
    }

    private void NoteSuperseded(uint number, uint key)
    {
        ref var record = ref _slabs.Records[number];
        if (record.Previous != 0 || record.IsTombstone)
            _superseded.Add(new SupersededQueue.Entry(record.Main, number, key));
    }

    /// <summary>
    /// By main revision first, as plain numbers, which is several times faster than comparing records; then the few that share one.
    /// </summary>
    private SupersededQueue SortSuperseded()
    {
        var entries = _superseded.ToArray();
        Array.Sort(Array.ConvertAll(entries, entry => entry.Main), entries);
        var queue = new SupersededQueue();
        for (int from = 0, to = 0; from < entries.Length; from = to)
        {
            while (to < entries.Length && entries[to].Main == entries[from].Main)
                to++;
            var sameTxn = entries.AsSpan(from, to - from);
            if (sameTxn.Length > 1)
                sameTxn.Sort((left, right) => _slabs.Records[left.Record].Sub.CompareTo(_slabs.Records[right.Record].Sub));
            foreach (ref var entry in sameTxn)
                queue.Add(entry);
        }

        return queue;
    }

    private readonly record struct Straggler(byte[] Key, VersionRecord Record);
}
