using System.Threading;
using KvStore.Primitives;

namespace KvStore.Mvcc.Index;

/// <summary>
/// Publishes versions and frees what only closed ones could see. <see cref="Hold"/> from any thread, everything else on the Apply lane.
/// </summary>
internal sealed class IndexVersions
{
    // Two would do without views; more only when many views close at once. Large lists were made by large batches and go.
    private const int SpareMax = 8;
    private const int SpareCapacityMax = 4096;

    private readonly IndexSlabs _slabs;

    /// <summary>Held versions, oldest first; the last is the published one.</summary>
    private readonly List<IndexVersion> _held = [];

    /// <summary>Emptied lists of reclaimed versions, for the next ones: a commit should make no garbage it can avoid.</summary>
    private readonly Stack<RetiredList> _spare = new();
    private IndexVersion _published;

    public IndexVersions(IndexSlabs slabs, IndexRoot root, Revision current, Revision compacted)
    {
        _slabs = slabs;
        _published = new IndexVersion(number: 0, root, current, compacted, new RetiredList());
        _held.Add(_published);
    }

    /// <summary>Apply lane only.</summary>
    public IndexVersion Published => _published;

    /// <summary>The oldest version that a view may still read, as of the last <see cref="Reclaim"/>.</summary>
    public IndexVersion OldestHeld => _held[0];

    public int HeldCount => _held.Count;

    /// <summary>Any thread: the newest version, held for the caller.</summary>
    public IndexVersion Hold()
    {
        while (true)
        {
            // Not held means that a newer one has been published since the read: the next read sees that.
            var version = Volatile.Read(ref _published);
            if (version.TryHold())
                return version;
        }
    }

    public void Publish(long number, IndexRoot root, Revision current, Revision compacted, RetiredList retired)
    {
        var last = _published;
        Check.That(number > last.Number && current >= last.Current && compacted >= last.Compacted, "published states go forward");
        var next = new IndexVersion(number, root, current, compacted, _spare.TryPop(out var spare) ? spare : new RetiredList());
        retired.MoveTo(last.Retired);
        _held.Add(next);
        Volatile.Write(ref _published, next);
        last.Release();
        Reclaim();
    }

    /// <summary>Frees what the versions that nobody holds any more kept from being freed.</summary>
    public void Reclaim()
    {
        IndexVersion? older = null;
        var kept = 0;
        for (var i = 0; i < _held.Count; i++)
        {
            var version = _held[i];
            if (version.IsHeld)
            {
                _held[kept++] = version;
                older = version;
            }
            else
            {
                version.Retired.Release(_slabs, older?.Retired, older?.Number ?? 0);
                Spare(version.Retired);
            }
        }

        _held.RemoveRange(kept, _held.Count - kept);
    }

    private void Spare(RetiredList list)
    {
        if (_spare.Count < SpareMax && list.Capacity <= SpareCapacityMax)
            _spare.Push(list);
    }
}
