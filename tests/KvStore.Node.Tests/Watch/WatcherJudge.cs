using KvStore.Node.Watch;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;

namespace KvStore.Node.Tests.Watch;

/// <summary>What one client may expect of its watcher, checked response by response against everything that ever happened.</summary>
internal sealed class WatcherJudge(
    string key, string end, long start, WatchFilters filters, bool previous, bool progress, bool fragment)
{
    private readonly List<Event> _received = [];
    private long _first;
    private long _bookmark;
    private bool _isWithinFragments;

    public string Key => key;

    public string End => end;

    public long Start => start;

    public WatchFilters Filters => filters;

    public bool WantsPrevious => previous;

    public bool WantsProgress => progress;

    public bool MayFragment => fragment;

    public bool IsOver { get; private set; }

    public bool IsOvertaken { get; private set; }

    public void OnCreated(WatchResponse response)
    {
        Assert.False(response.Canceled);
        Assert.Empty(response.Events);
        _first = start == 0 ? response.Header.Revision + 1 : start;
        _bookmark = _first - 1;
    }

    /// <summary>The same watcher again, from what its client has seen.</summary>
    public WatcherJudge Resumed()
    {
        // A client that has seen only a part of a revision's fragments asks for that revision again.
        var next = _received.Count == 0 ? _first : _received[^1].Kv.ModRevision + (_isWithinFragments ? 0 : 1);
        return new WatcherJudge(key, end, Math.Max(next, _bookmark + (_isWithinFragments ? 0 : 1)), filters, previous, progress, fragment);
    }

    public void On(WatchResponse response, ModelStore store)
    {
        Assert.False(IsOver, "nothing comes after the end");
        if (response.CompactRevision != 0)
            OnOvertaken(response, store);
        else if (response.Canceled)
            IsOver = true;
        else if (response.Events.Count == 0)
            OnProgress(response, store);
        else
            OnEvents(response, store);
    }

    /// <summary>Bookmarkable: everything up to the revision has come, and none of it comes again.</summary>
    public void OnProgress(WatchResponse response, ModelStore store)
    {
        var revision = response.Header.Revision;
        Assert.True(revision >= start && revision >= _bookmark, "progress is never told below the start, and never goes back");
        Assert.False(_isWithinFragments);
        Assert.Equal(Expected(store).Count(item => item.Place.Main.Value <= revision), _received.Count);
        _bookmark = revision;
    }

    /// <summary>Reliable: at the end of the run all has come.</summary>
    public void MustBeComplete(ModelStore store)
    {
        if (!IsOvertaken)
            Assert.Equal(Expected(store).Count, _received.Count);
    }

    private void OnOvertaken(WatchResponse response, ModelStore store)
    {
        Assert.True(response.Canceled);
        Assert.Equal(0, response.Header.Revision);
        // The response may have waited for its client while the store was compacted further.
        Assert.InRange(response.CompactRevision, 1, store.Compacted.Value);
        // Legitimate only when its cursor can have been below: it is not complete up to the compaction.
        Assert.True(_bookmark < response.CompactRevision);
        IsOver = true;
        IsOvertaken = true;
    }

    private void OnEvents(WatchResponse response, ModelStore store)
    {
        Assert.False(response.Fragment && !fragment);
        var expected = Expected(store);
        foreach (var received in response.Events)
        {
            // Ordered, unique and without a gap: exactly the next one that is expected.
            Assert.True(_received.Count < expected.Count, "an event that did not happen, or was not asked for");
            var item = expected[_received.Count];
            Assert.Equal(item.Message, received.Kv);
            Assert.Equal(item.IsDelete, received.Type == Event.Types.EventType.Delete);
            Assert.True(received.Kv.ModRevision > _bookmark || _isWithinFragments);
            JudgePrevious(item, received, store);
            _received.Add(received);
        }

        var last = response.Events[^1].Kv.ModRevision;
        Assert.True(response.Header.Revision >= last);
        _isWithinFragments = response.Fragment;
        // Atomic: what comes next is of a later revision.
        if (!response.Fragment)
        {
            Assert.True(_received.Count == expected.Count || expected[_received.Count].Place.Main.Value > last, "a revision was split");
            _bookmark = last;
        }
    }

    private void JudgePrevious(ModelItem item, Event received, ModelStore store)
    {
        if (!previous || item.Previous is null)
            Assert.Null(received.PrevKv);
        else if (received.PrevKv is null)
            Assert.True(item.Place.Main <= store.Compacted, "prev_kv is missing only where it is compacted");
        else
            Assert.Equal(item.Previous.Message, received.PrevKv);
    }

    private List<ModelItem> Expected(ModelStore store) => store.Items
        .Where(item => item.Place.Main.Value >= _first && Contains(item.Key))
        .Where(item => (filters & (item.IsDelete ? WatchFilters.NoDelete : WatchFilters.NoPut)) == 0)
        .ToList();

    private bool Contains(string candidate) => end switch
    {
        "" => candidate == key,
        "\0" => string.CompareOrdinal(candidate, key) >= 0,
        _ => string.CompareOrdinal(candidate, key) >= 0 && string.CompareOrdinal(candidate, end) < 0,
    };
}
