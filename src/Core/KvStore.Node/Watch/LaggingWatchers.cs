using KvStore.Mvcc;
using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>
/// The watchers that are behind: started in the past, or out of credit when an event came. They catch up from the store in
/// bounded slices, one for each handling of messages, so that live events never wait for more than a slice. A slice is led by
/// the watcher whose turn it is; all others that can use the same revisions share the reading.
/// </summary>
internal sealed class LaggingWatchers(EventDelivery delivery, WatchOptions options)
{
    private readonly Queue<WatchStream> _ready = new();
    private readonly List<WatchStream> _visited = [];
    private readonly List<Watcher> _slice = [];
    private readonly List<WatchEvent> _events = [];

    public int Count { get; private set; }

    /// <summary>Whether a slice would do anything now.</summary>
    public bool CanAdvance => _ready.Count > 0;

    /// <summary>A synced or new watcher has events from <paramref name="next"/> on still before it.</summary>
    public void Add(Watcher watcher, Revision next)
    {
        if (watcher.IsSynced)
            watcher.Range.RemoveSynced(watcher);
        watcher.Next = next;
        watcher.Stream.Lagging.AddLast(watcher.LaggingNode);
        Count++;
        Wake(watcher.Stream);
    }

    public void Remove(Watcher watcher)
    {
        watcher.Stream.Lagging.Remove(watcher.LaggingNode);
        Count--;
    }

    /// <summary>A stream got credit, or got lagging watchers while it had some.</summary>
    public void Wake(WatchStream stream)
    {
        if (stream.IsQueued || stream.Lagging.Count == 0 || !stream.HasCredit)
            return;
        stream.IsQueued = true;
        _ready.Enqueue(stream);
    }

    /// <summary>Brings some watchers forward to at most <paramref name="upTo"/>; those it finds overtaken by compaction go to <paramref name="overtaken"/>.</summary>
    public void AdvanceSlice(IWatchHistory history, Revision upTo, List<Watcher> overtaken, out Revision compacted)
    {
        using var past = new PassHistory(history);
        compacted = past.View.Compacted;
        Select(compacted, overtaken);
        if (_slice.Count > 0)
            Advance(past, upTo);
        foreach (var stream in _visited)
            Wake(stream);
        _visited.Clear();
        _slice.Clear();
    }

    /// <summary>The leader is the first of the first stream; who is behind the leader waits for a turn of its own.</summary>
    private void Select(Revision compacted, List<Watcher> overtaken)
    {
        while (_slice.Count < options.SliceWatchersMax && _ready.TryDequeue(out var stream))
        {
            stream.IsQueued = false;
            if (!stream.HasCredit)
                continue;
            _visited.Add(stream);
            foreach (var watcher in stream.Lagging)
            {
                if (_slice.Count == options.SliceWatchersMax)
                    break;
                if (watcher.Next < compacted)
                    overtaken.Add(watcher);
                else if (_slice.Count == 0 || watcher.Next >= _slice[0].Next)
                    _slice.Add(watcher);
            }
        }
    }

    private void Advance(PassHistory past, Revision upTo)
    {
        delivery.Begin();
        var withPrevious = false;
        foreach (var watcher in _slice)
        {
            delivery.Include(watcher.Range);
            withPrevious |= watcher.WantsPrevious;
        }

        _events.Clear();
        var next = past.View.ReadEvents(
            _slice[0].Next, upTo, options.SliceRevisionsMax, options.SliceBytesMax, withPrevious, _events);
        Check.That(next > _slice[0].Next && next <= upTo.Next, "a slice of history has at least one revision and ends where asked");
        var events = _events.ToArray();
        delivery.Distribute(events, includeAll: false);
        var sequence = new EventSequence(events, past);
        foreach (var watcher in _slice)
        {
            if (watcher.Next < next)
                Advance(watcher, sequence, next, upTo);
        }

        delivery.End();
    }

    private void Advance(Watcher watcher, EventSequence events, Revision next, Revision upTo)
    {
        if (!delivery.TryDeliver(watcher, events, upTo, out var unsent))
            next = unsent;
        if (next == watcher.Next)
            return;
        watcher.Next = next;
        Remove(watcher);
        if (watcher.Next > upTo)
        {
            watcher.Range.AddSynced(watcher);
            return;
        }

        // To the back, so that one watcher with much to catch up does not eat all of its stream's credit.
        watcher.Stream.Lagging.AddLast(watcher.LaggingNode);
        Count++;
    }
}
