using KvStore.Mvcc.Index;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>Removes what a compaction made unreachable, in bounded batches on the Apply lane between apply batches; resumes after a restart.</summary>
/// <remarks>
/// S-1 of the versions up to the compacted revision r, a key's newest one survives if it is a put, and every tombstone at exactly r
///     survives, so that a watch from r still yields the delete (M9). A later compaction removes those tombstones.
/// S-2 nothing is removed while a view is open that was opened before the compaction: such a view may read it. Views opened
///     later refuse reads below r, and a walk for a revision at or above r never passes the survivor.
/// S-3 the finished mark is written with the last removals, in one batch. A crash before leaves the removals to be found again
///     at start (M10). Every step can be repeated, as a removal is a function of what is still stored.
/// </remarks>
public sealed class CompactionSweep
{
    private readonly StoreState _state;
    private readonly MvccWriter _writer;
    private readonly ITraceSink _trace;
    private readonly StoreBatch _batch = new();
    private readonly ByteWriter _keyKey = new();

    /// <summary>Entries about tombstones at exactly the compacted revision, kept for the next compaction. In revision order.</summary>
    private List<SupersededQueue.Entry> _kept = [];

    /// <summary>Those kept by the compaction before, which this one comes to first.</summary>
    private List<SupersededQueue.Entry> _keptBefore = [];
    private int _keptBeforeRead;
    private Revision _target;
    private ulong _removed;

    internal CompactionSweep(StoreState state, MvccWriter writer, ITraceSink trace)
    {
        _state = state;
        _writer = writer;
        _trace = trace;
        _target = state.Finished;
    }

    /// <summary>The compaction recorded as scheduled; zero when there was none.</summary>
    public Revision Scheduled => _state.Scheduled;

    /// <summary>The compaction recorded as finished; behind <see cref="Scheduled"/> while there is work.</summary>
    public Revision Finished => _state.Finished;

    /// <summary>Removes up to a number of superseded versions, in one store write of its own.</summary>
    public SweepProgress Next(int versionsMax)
    {
        Check.That(_writer.IsIdle, "the sweep runs between apply batches");
        if (_state.Finished == _state.Scheduled)
            return SweepProgress.Idle;
        if (_target == _state.Finished)
            Begin(_state.Scheduled);
        _state.Versions.Reclaim();
        if (_state.Versions.OldestHeld.Compacted < _target)
            return SweepProgress.WaitingForViews;
        _trace.Emit(new TraceEvent(TraceKind.CompactionStepStarted));
        var finished = RemoveSome(versionsMax);
        if (finished)
            MetaRecords.PutRevision(_batch, MetaRecords.FinishedKey, _target);
        if (_batch.Count > 0)
            _state.Store.Write(_batch);
        _batch.Clear();
        _state.Publish();
        _trace.Emit(new TraceEvent(TraceKind.CompactionStepFinished));
        if (!finished)
            return SweepProgress.More;
        _state.Finished = _target;
        _trace.Emit(new TraceEvent(TraceKind.CompactionFinished, (ulong)_target.Value, _removed));
        return SweepProgress.Finished;
    }

    private void Begin(Revision target)
    {
        _target = target;
        _removed = 0;
        (_keptBefore, _kept) = (_kept, _keptBefore);
        _keptBeforeRead = 0;
        _kept.Clear();
        _trace.Emit(new TraceEvent(TraceKind.CompactionStarted, (ulong)target.Value));
    }

    /// <summary>True when nothing is left to do for the target.</summary>
    private bool RemoveSome(int versionsMax)
    {
        for (var i = 0; i < versionsMax; i++)
        {
            if (!TryTake(out var entry))
                return true;
            Process(entry);
        }

        return false;
    }

    private bool TryTake(out SupersededQueue.Entry entry)
    {
        if (_keptBeforeRead < _keptBefore.Count)
        {
            entry = _keptBefore[_keptBeforeRead++];
            return true;
        }

        if (!_state.Superseded.TryPeek(out entry) || entry.Main > _target.Value)
            return false;
        _state.Superseded.Remove();
        return true;
    }

    private void Process(in SupersededQueue.Entry entry)
    {
        ref var record = ref _state.Slabs.Records[entry.Record];
        if (record.Previous != 0)
        {
            ref var previous = ref _state.Slabs.Records[record.Previous];
            if ((previous.IsTombstone && previous.Main == _target.Value) || previous.Previous != 0)
            {
                // Deleted and put again within the compacted revision: the tombstone stays, so this entry comes again, and
                // with it those of the same key that build on it.
                _kept.Add(entry);
                return;
            }

            Remove(record.Previous, entry.Key);
            record.Previous = 0;
        }

        if (record.IsTombstone)
            ProcessTombstone(entry, ref record);
    }

    private void ProcessTombstone(in SupersededQueue.Entry entry, ref VersionRecord record)
    {
        if (record.Main == _target.Value)
        {
            _kept.Add(entry);
        }
        else if (record.Next == 0)
        {
            Remove(entry.Record, entry.Key);
            _state.Tree.Remove(_state.Slabs.Keys[entry.Key]);
        }
        else if (_state.Slabs.Records[record.Next].Main > _target.Value)
        {
            _state.Slabs.Records[record.Next].Previous = 0;
            Remove(entry.Record, entry.Key);
        }

        // Otherwise the version after the tombstone is compacted too, and its own entry, which comes later, removes the tombstone.
    }

    private void Remove(uint number, uint key)
    {
        ref var record = ref _state.Slabs.Records[number];
        var place = MvccReader.MetaOf(in record).Modified;
        Span<byte> revisionKey = stackalloc byte[StoreKeys.RevisionKeyBytes];
        StoreKeys.WriteRevisionKey(revisionKey, place);
        _batch.Delete(revisionKey);
        StoreKeys.WriteKeyKey(_keyKey, _state.Slabs.Keys[key], place);
        _batch.Delete(_keyKey.WrittenSpan);
        _state.RetainedBytes -= record.StoredBytes;
        _state.Retired.AddRecord(number);
        _removed++;
    }
}
