using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>Every range with at least one watcher: single keys by their bytes, the others in a <see cref="RangeTree"/>.</summary>
internal sealed class WatchIndex
{
    private readonly Dictionary<byte[], WatchedRange> _keys;
    private readonly Dictionary<byte[], WatchedRange>.AlternateLookup<ReadOnlySpan<byte>> _keysBySpan;
    private readonly RangeTree _ranges;

    public WatchIndex(Prng prng)
    {
        _keys = new Dictionary<byte[], WatchedRange>(new KeyComparer(prng.NextUInt64()));
        _keysBySpan = _keys.GetAlternateLookup<ReadOnlySpan<byte>>();
        _ranges = new RangeTree(prng.Fork());
    }

    public int Count => _keys.Count + _ranges.Count;

    public void Add(Watcher watcher, in KeyRange range)
    {
        var watched = FindOrAdd(range);
        watched.Watchers++;
        watcher.Range = watched;
    }

    /// <summary>The watcher is in no list of its range any more.</summary>
    public void Remove(Watcher watcher)
    {
        var watched = watcher.Range;
        watched.Watchers--;
        Check.That(watched.Watchers >= watched.Synced.Count, "a range counts every watcher it lists");
        if (watched.Watchers > 0)
            return;
        if (watched.Range.IsSingleKey)
            Check.That(_keys.Remove(watched.Range.From), "a watched key is removed once");
        else
            _ranges.Remove(watched);
    }

    /// <summary>Appends every watched range that contains the key.</summary>
    public void Stab(ReadOnlySpan<byte> key, List<WatchedRange> hits)
    {
        if (_keysBySpan.TryGetValue(key, out var single))
            hits.Add(single);
        _ranges.Stab(key, hits);
    }

    private WatchedRange FindOrAdd(in KeyRange range)
    {
        if (range.IsSingleKey)
        {
            if (!_keys.TryGetValue(range.From, out var single))
                _keys.Add(range.From, single = new WatchedRange(range));
            return single;
        }

        var watched = _ranges.Find(range);
        if (watched is null)
            _ranges.Add(watched = new WatchedRange(range));
        return watched;
    }
}
