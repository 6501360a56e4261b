using KvStore.Mvcc.Index;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>
/// The one writer of the store; on the Apply lane only. Transactions are collected into one batch, which becomes durable in one
/// store write and visible in one publication (<see cref="Commit"/>). As a reader it sees its own uncommitted changes.
/// </summary>
/// <remarks>
/// A transaction cannot be taken back: whoever runs it has checked everything that could refuse it before the first change.
/// If something breaks in between, the process stops and nothing of the batch is in the store (M5).
/// </remarks>
public sealed class MvccWriter : MvccReader
{
    private readonly StoreState _state;
    private readonly IndexSlabs _slabs;
    private readonly EventBlocks _blocks;
    private readonly List<WatchEvent> _events = [];
    private readonly List<DeletedKey> _deleted = [];
    private readonly ByteWriter _keyKey = new();
    private bool _inTxn;
    private int _nextSub;
    private int _operations;
    private WriteCounts _counts;

    internal MvccWriter(StoreState state, MvccOptions options)
        : base(state.Slabs)
    {
        _state = state;
        _slabs = state.Slabs;
        _blocks = new EventBlocks(options.EventBlockBytes);
    }

    /// <summary>The revision of the last transaction, or of the running one once it has changed something.</summary>
    public override Revision Current => _nextSub > 0 ? _state.Current.Next : _state.Current;

    public override Revision Compacted => _state.Scheduled;

    /// <summary>The store batch of the running apply batch. The state machine adds its own records to it before <see cref="Commit"/>.</summary>
    public StoreBatch Batch { get; } = new();

    /// <summary>Bytes of the stored key-value pairs that are live now. A pure function of the applied entries.</summary>
    public long LiveBytes => _state.LiveBytes;

    /// <summary>Bytes of all stored key-value pairs, superseded versions that wait for the sweep included. Differs between members.</summary>
    public long RetainedBytes => _state.RetainedBytes;

    /// <summary>What was written since the store was opened.</summary>
    public WriteCounts Counts => _counts;

    private protected override IndexRoot Root => _state.Tree.Root;

    /// <summary>Begins a transaction. Its main revision is consumed only if it changes something.</summary>
    public void BeginTxn()
    {
        Check.That(!_inTxn, "transactions do not overlap");
        _inTxn = true;
    }

    public PutResult Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, LeaseId lease)
    {
        Check.That(_inTxn && !key.IsEmpty, "a put happens in a transaction and has a key");
        _counts = _counts with { Puts = _counts.Puts + 1, PutBytes = _counts.PutBytes + key.Length + value.Length };
        _operations++;
        var newest = NewestOf(key, out var previous);
        var record = new VersionRecord
        {
            Main = _state.Current.Next.Value,
            Sub = _nextSub++,
            Created = previous?.Created.Value ?? _state.Current.Next.Value,
            Version = (previous?.Version ?? 0) + 1,
            Lease = lease.Value,
            Previous = newest,
        };
        record.StoredBytes = KeyValueWire.SizeOf(key, in record, value);
        var pair = _blocks.Take(record.StoredBytes);
        KeyValueWire.Write(pair.Span, key, in record, value);
        AddToBatch(key, in record, pair.Span);
        AddToIndex(key, in record, previous);
        var place = MetaOf(in record).Modified;
        _events.Add(new WatchEvent(WatchEventType.Put, place, KeyIn(pair), pair, IndexSearch.VersionBefore(_slabs, in record)));
        return new PutResult(place, previous);
    }

    /// <summary>Deletes the live keys of a range; returns them in key order, in a list that is reused by the next call.</summary>
    public IReadOnlyList<DeletedKey> DeleteRange(ReadOnlySpan<byte> key, ReadOnlySpan<byte> end)
    {
        Check.That(_inTxn, "a delete happens in a transaction");
        _counts = _counts with { DeleteRanges = _counts.DeleteRanges + 1 };
        _operations++;
        _deleted.Clear();
        // First all are found, then all are deleted: a cursor does not survive changes.
        for (var cursor = Seek(key, end, Revision.Zero); cursor.MoveNext();)
        {
            var pair = _blocks.Take(KeyValueWire.SizeOfDeleted(cursor.Key, _state.Current.Next.Value, out _));
            KeyValueWire.WriteDeleted(pair.Span, cursor.Key, _state.Current.Next.Value);
            var deletedKey = KeyIn(pair);
            _deleted.Add(new DeletedKey(deletedKey, cursor.Meta));
            _events.Add(new WatchEvent(
                WatchEventType.Delete,
                new ItemRevision(_state.Current.Next, _nextSub + _deleted.Count - 1),
                deletedKey,
                pair,
                VersionBeforeTxn(cursor.Key, cursor.Meta)));
        }

        for (var i = 0; i < _deleted.Count; i++)
            Delete(_deleted[i], _events[_events.Count - _deleted.Count + i].KeyValue.Span);
        return _deleted;
    }

    public TxnResult EndTxn()
    {
        Check.That(_inTxn, "a transaction ends once");
        _inTxn = false;
        var changed = _nextSub > 0;
        if (changed)
            _state.Current = _state.Current.Next;
        _nextSub = 0;
        if (_operations > 1)
            _counts = _counts with { Txns = _counts.Txns + 1 };
        _operations = 0;
        return new TxnResult(_state.Current, changed);
    }

    /// <summary>
    /// Records a compaction in the batch: revisions below can no longer be read, from this moment by the writer and from the
    /// commit by new views. Between transactions only. The revision lies in (Compacted, Current]: the caller has refused others.
    /// The removal itself is <see cref="MvccStore.Sweep"/>.
    /// </summary>
    public void ScheduleCompact(Revision revision)
    {
        Check.That(!_inTxn && revision > Compacted && revision <= Current, "a compaction goes forward, up to the current revision");
        MetaRecords.PutRevision(Batch, MetaRecords.ScheduledKey, revision);
        _state.Scheduled = revision;
    }

    /// <summary>Writes the batch to the store in one write and publishes the new view. Not within a transaction.</summary>
    public CommittedBatch Commit()
    {
        Check.That(!_inTxn, "a batch holds whole transactions");
        var before = _state.Versions.Published.Current;
        if (Batch.Count > 0)
            _state.Store.Write(Batch);
        Batch.Clear();
        _state.Publish();
        var committed = new CommittedBatch(before, _state.Current, _events.ToArray());
        _events.Clear();
        return committed;
    }

    public override bool TryCopyKeyValue(ItemRevision place, ByteWriter destination)
    {
        if (place.Main > _state.Versions.Published.Current)
            return TryCopyPending(place, destination);
        Span<byte> key = stackalloc byte[StoreKeys.RevisionKeyBytes];
        StoreKeys.WriteRevisionKey(key, place);
        return _state.Store.TryGet(key, destination);
    }

    /// <summary>The sweep writes between batches, never into one.</summary>
    internal bool IsIdle => !_inTxn && Batch.Count == 0 && _state.Scheduled == _state.Versions.Published.Compacted;

    private uint NewestOf(ReadOnlySpan<byte> key, out KeyMeta? previous)
    {
        previous = null;
        if (!IndexSearch.TryFind(_slabs, _state.Tree.Root, key, out var newest))
            return 0;
        if (!_slabs.Records[newest].IsTombstone)
            previous = MetaOf(in _slabs.Records[newest]);
        return newest;
    }

    private ItemRevision? VersionBeforeTxn(ReadOnlySpan<byte> key, in KeyMeta live)
    {
        if (live.Modified.Main <= _state.Current)
            return live.Modified;
        // Put and then deleted in one transaction.
        var deletion = new VersionRecord { Main = _state.Current.Next.Value, Previous = NewestOf(key, out _) };
        return IndexSearch.VersionBefore(_slabs, in deletion);
    }

    private void Delete(in DeletedKey deleted, ReadOnlySpan<byte> pair)
    {
        var key = deleted.Key.Span;
        KeyValueWire.SizeOfDeleted(key, _state.Current.Next.Value, out var storedBytes);
        var record = new VersionRecord
        {
            Main = _state.Current.Next.Value,
            Sub = _nextSub++,
            StoredBytes = storedBytes,
            Previous = NewestOf(key, out _),
        };
        AddToBatch(key, in record, pair[..storedBytes]);
        AddToIndex(key, in record, deleted.Previous);
    }

    private void AddToBatch(ReadOnlySpan<byte> key, in VersionRecord record, ReadOnlySpan<byte> stored)
    {
        var place = MetaOf(in record).Modified;
        Span<byte> revisionKey = stackalloc byte[StoreKeys.RevisionKeyBytes];
        StoreKeys.WriteRevisionKey(revisionKey, place);
        Batch.Put(revisionKey, stored);
        StoreKeys.WriteKeyKey(_keyKey, key, place);
        Span<byte> metadata = stackalloc byte[KeyMetadata.BytesMax];
        Batch.Put(_keyKey.WrittenSpan, metadata[..KeyMetadata.Write(metadata, in record)]);
    }

    private void AddToIndex(ReadOnlySpan<byte> key, in VersionRecord record, in KeyMeta? previous)
    {
        var number = _slabs.Records.Take();
        _slabs.Records[number] = record;
        if (record.Previous != 0)
            _slabs.Records[record.Previous].Next = number;
        var keyReference = _state.Tree.Put(key, number);
        if (record.Previous != 0)
            _state.Superseded.Add(new SupersededQueue.Entry(record.Main, number, keyReference));
        _state.RetainedBytes += record.StoredBytes;
        _state.LiveBytes += (record.IsTombstone ? 0 : record.StoredBytes) - (previous?.StoredBytes ?? 0);
    }

    private static ReadOnlyMemory<byte> KeyIn(ReadOnlyMemory<byte> pair) => pair[KeyValueWire.KeyOf(pair.Span, out _)];

    private bool TryCopyPending(ItemRevision place, ByteWriter destination)
    {
        // The events of the batch are in revision order.
        int low = 0, high = _events.Count;
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (_events[middle].Revision < place)
                low = middle + 1;
            else
                high = middle;
        }

        if (low == _events.Count || _events[low].Revision != place)
            return false;
        destination.Write(_events[low].KeyValue.Span);
        return true;
    }
}
