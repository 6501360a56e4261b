using KvStore.Mvcc;
using KvStore.Node.Watch;
using KvStore.Primitives;

namespace KvStore.Node.Tests.Watch;

/// <summary>
/// The dumb store: every change ever made in one list, and beside it what a compaction leaves of it. Tests compare what watchers
/// got with the list; the lane sees only what is left.
/// </summary>
internal sealed class ModelStore : IWatchHistory
{
    private readonly Dictionary<string, ModelItem> _live = [];
    private readonly HashSet<ItemRevision> _removed = [];

    public List<ModelItem> Items { get; } = [];

    public Revision Current { get; private set; } = new(1);

    public Revision Compacted { get; private set; }

    public int OpenViews { get; private set; }

    public CommittedBatch Commit(params ReadOnlySpan<Change[]> transactions)
    {
        var before = Current;
        var first = Items.Count;
        foreach (var transaction in transactions)
            Apply(transaction);
        var events = Items.Skip(first).Select(item => item.ToEvent(withPrevious: true)).ToArray();
        return new CommittedBatch(before, Current, events);
    }

    public void Compact(Revision at)
    {
        Compacted = at;
        foreach (var versions in Items.Where(item => item.Place.Main <= at).GroupBy(item => item.Key))
        {
            var kept = versions.Last();
            foreach (var item in versions)
            {
                if (item.Place.Main < at && (!ReferenceEquals(item, kept) || item.IsDelete))
                    _removed.Add(item.Place);
            }
        }
    }

    public IWatchHistoryView Open()
    {
        OpenViews++;
        return new View(this);
    }

    private void Apply(Change[] transaction)
    {
        var main = Current.Next;
        var sub = 0;
        foreach (var change in transaction)
        {
            _live.TryGetValue(change.Key, out var replaced);
            if (change.Value is null && replaced is null)
                continue;
            var before = Items.LastOrDefault(item => item.Key == change.Key && item.Place.Main < main) is { IsDelete: false } live ? live : null;
            var item = new ModelItem(new ItemRevision(main, sub++), change.Key, change.Value, replaced, before);
            Items.Add(item);
            if (change.Value is null)
                _live.Remove(change.Key);
            else
                _live[change.Key] = item;
        }

        if (sub > 0)
            Current = main;
    }

    private sealed class View(ModelStore store) : IWatchHistoryView
    {
        public Revision Current => store.Current;

        public Revision Compacted => store.Compacted;

        public Revision ReadEvents(Revision from, Revision to, int revisionsMax, long bytesMax, bool withPrevious, List<WatchEvent> events)
        {
            Assert.True(from >= store.Compacted && from <= to && to <= store.Current);
            var next = from;
            long bytes = 0;
            for (var read = 0; next <= to && read < revisionsMax && bytes < bytesMax; read++)
            {
                foreach (var item in store.Items.Where(item => item.Place.Main == next))
                {
                    Assert.DoesNotContain(item.Place, store._removed);
                    events.Add(item.ToEvent(withPrevious && item.Previous is { } previous && !store._removed.Contains(previous.Place)));
                    bytes += events[^1].KeyValue.Length;
                }

                next = next.Next;
            }

            return next;
        }

        public bool TryCopyKeyValue(ItemRevision place, ByteWriter destination)
        {
            if (store._removed.Contains(place))
                return false;
            destination.Write(store.Items.Single(item => item.Place == place).KeyValue);
            return true;
        }

        public void Dispose() => store.OpenViews--;
    }
}
