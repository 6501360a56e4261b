using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>
/// A range that somebody watches, with its synced watchers, and room for the hits of one pass over events: a pass stabs the
/// index once per event whatever the number of watchers, and what a range collected is shared by all of them.
/// </summary>
internal sealed class WatchedRange(KeyRange range)
{
    private readonly EventRun?[] _runs = new EventRun?[EventRun.Variants];

    public KeyRange Range { get; } = range;

    /// <summary>All watchers of the range, lagging ones included.</summary>
    public int Watchers { get; set; }

    /// <summary>Those that have every event up to the lane's revision. Without order: a removed one is replaced by the last.</summary>
    public List<Watcher> Synced { get; } = [];

    /// <summary>The pass this range takes part in; a range of another pass collects nothing.</summary>
    public long Pass { get; private set; }

    /// <summary>Positions in the pass's events, ascending.</summary>
    public List<int> Hits { get; } = [];

    public void BeginPass(long pass)
    {
        Pass = pass;
        Hits.Clear();
        Array.Clear(_runs);
    }

    /// <summary>Forgets the events of a pass, whose bytes would otherwise live as long as the range.</summary>
    public void EndPass()
    {
        Hits.Clear();
        Array.Clear(_runs);
    }

    /// <summary>The collected events as a watcher of this kind wants them, made at the first asking.</summary>
    public EventRun Run(EventSequence events, Watcher watcher) =>
        _runs[EventRun.Variant(watcher)] ??= EventRun.Of(events, Hits, watcher.Filters, watcher.WantsPrevious);

    public void AddSynced(Watcher watcher)
    {
        Check.That(watcher.SyncedPosition < 0, "a watcher becomes synced once");
        watcher.SyncedPosition = Synced.Count;
        Synced.Add(watcher);
    }

    public void RemoveSynced(Watcher watcher)
    {
        var position = watcher.SyncedPosition;
        Check.That(ReferenceEquals(Synced[position], watcher), "a synced watcher knows its place");
        var last = Synced[^1];
        Synced[position] = last;
        last.SyncedPosition = position;
        Synced.RemoveAt(Synced.Count - 1);
        watcher.SyncedPosition = -1;
    }
}
