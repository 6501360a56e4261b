using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>
/// Reads of stored pairs by their revision. Keys that were written one after the other and are read in that order (a list of what was
/// loaded in bulk) are found by stepping from one to the next, at a tenth of the cost of a search. One caller at a time; a scan
/// that was opened is held until the end. A part of its reader, so that a read of one key allocates nothing for it; not to be copied.
/// </summary>
/// <remarks>
/// A scan sees the store as it is when it is opened, which is not before the reader's state, and stored pairs never change: what a
/// reader can reach is in both.
/// </remarks>
internal struct RevisionReads(IOrderedStore store) : IDisposable
{
    /// <summary>Reads in a row, each near the one before, until a scan is opened: opening one costs as much as some ten searches.</summary>
    private const int NearBeforeScan = 8;

    /// <summary>Steps, each a tenth of a search, after which a search would have been cheaper.</summary>
    private const int StepsMax = 8;

    private static readonly byte[] AfterRevisions = [StoreKeys.RevisionTable + 1];

    private ItemRevision _last;
    private int _near;
    private bool _isListNext;
    private IStoreScan? _scan;

    /// <summary>The next read is the first of many: it opens the scan, and its blocks do not push those of single reads out of the store's cache.</summary>
    public void ExpectList() => _isListNext = true;

    /// <summary>Appends the pair; false, and nothing appended, where there is none.</summary>
    public bool TryCopy(ItemRevision place, ByteWriter destination)
    {
        Span<byte> key = stackalloc byte[StoreKeys.RevisionKeyBytes];
        StoreKeys.WriteRevisionKey(key, place);
        var isNear = place > _last && place.Main.Value - _last.Main.Value <= 1;
        _last = place;
        if (_isListNext)
            (isNear, _near, _isListNext) = (true, NearBeforeScan, false);
        if (!isNear)
            EndScan();
        else if (_near < NearBeforeScan)
            _near++;
        else if (TryStep(key, destination))
            return true;
        return store.TryGet(key, destination);
    }

    public void Dispose() => EndScan();

    private bool TryStep(ReadOnlySpan<byte> key, ByteWriter destination)
    {
        _scan ??= store.Scan(key, AfterRevisions);
        for (var steps = 0; steps < StepsMax && _scan.MoveNext(); steps++)
        {
            var order = _scan.Key.SequenceCompareTo(key);
            if (order < 0)
                continue;
            if (order > 0)
                break;
            destination.Write(_scan.Value);
            return true;
        }

        // It has passed the place, or is far from it: the next ones are searched for again.
        EndScan();
        return false;
    }

    private void EndScan()
    {
        _near = 0;
        _scan?.Dispose();
        _scan = null;
    }
}
