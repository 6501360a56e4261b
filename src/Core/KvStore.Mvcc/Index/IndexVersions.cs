using System.Threading;
using KvStore.Primitives;

namespace KvStore.Mvcc.Index;

/// <summary>
/// Publishes versions and frees what only closed ones could see. <see cref="Hold"/> from any thread, everything else on the Apply lane.
/// </summary>
internal sealed class IndexVersions
{
    private readonly IndexSlabs _slabs;

    /// <summary>Held versions, oldest first; the last is the published one.</summary>
    private readonly List<IndexVersion> _held = [];
    private IndexVersion _published;

    public IndexVersions(IndexSlabs slabs, IndexVersion first)
    {
        _slabs = slabs;
        _published = first;
        _held.Add(first);
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

    public void Publish(IndexVersion next, RetiredList retired)
    {
        var last = _published;
        Check.That(next.Number > last.Number && next.Current >= last.Current && next.Compacted >= last.Compacted, "published states go forward");
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
            }
        }

        _held.RemoveRange(kept, _held.Count - kept);
    }
}
