using KvStore.Mvcc;
using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>The past as the multi-version store has it.</summary>
public sealed class MvccWatchHistory(MvccStore store) : IWatchHistory
{
    public Revision Current
    {
        get
        {
            using var view = store.OpenView();
            return view.Current;
        }
    }

    public IWatchHistoryView Open() => new View(store.OpenView());

    private sealed class View(MvccView view) : IWatchHistoryView
    {
        public Revision Current => view.Current;

        public Revision Compacted => view.Compacted;

        public Revision ReadEvents(Revision from, Revision to, int revisionsMax, long bytesMax, bool withPrevious, List<WatchEvent> events) =>
            view.ReadEvents(from, to, revisionsMax, bytesMax, withPrevious, events);

        public bool TryCopyKeyValue(ItemRevision place, ByteWriter destination) => view.TryCopyKeyValue(place, destination);

        public void Dispose() => view.Dispose();
    }
}
