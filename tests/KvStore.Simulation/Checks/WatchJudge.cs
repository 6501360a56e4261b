using KvStore.Node.Watch;
using KvStore.Primitives;
using KvStore.Protocol.Etcd;
using KvStore.Protocol.Mvcc;
using KvStore.Simulation.World;

namespace KvStore.Simulation.Checks;

/// <summary>
/// What the client of one watcher may expect over all the streams and members it had it on, response by response: no gap, no
/// reorder, no duplicate, no revision split, nothing before its start, prev_kv right, progress true (W1 to W5).
/// </summary>
public sealed class WatchJudge(SimulatedWorld world, EventHistory history, string name, string key, string end, WatchFilters filters, bool wantsPrevious)
{
    private Revision _createdAt;
    private int _ofRevision;
    private bool _isWithinFragments;

    public string Key => key;

    public string End => end;

    public WatchFilters Filters => filters;

    public bool WantsPrevious => wantsPrevious;

    /// <summary>The first revision of which something may still come; zero before the first stream said from where it starts.</summary>
    public Revision Next { get; private set; }

    public long Events { get; private set; }

    /// <summary>A watcher in the past or in the future instead of from now on.</summary>
    public void StartAt(Revision start) => Next = start;

    /// <summary>A stream was lost. What came of a revision whose fragments did not all come, comes again.</summary>
    public void Interrupt()
    {
        _isWithinFragments = false;
        _ofRevision = 0;
    }

    public void On(WatchResponse response)
    {
        if (response.Created)
            OnCreated(response);
        else if (response.CompactRevision != 0)
            OnCompacted(new Revision(response.CompactRevision));
        else if (response.Canceled)
            Fail($"was canceled unasked: {response.CancelReason}");
        else if (response.Events.Count == 0)
            OnProgress(new Revision(response.Header.Revision));
        else
            OnEvents(response);
    }

    /// <summary>True when everything that happened has come.</summary>
    public bool IsComplete => Next > Revision.Zero && (!history.IsWhole(Next) || Expected(history.PositionOf(Next)) is null);

    private void OnCreated(WatchResponse response)
    {
        var current = new Revision(response.Header.Revision);
        if (response.Canceled || response.Events.Count > 0)
            Fail($"was refused: {response.CancelReason}");
        if (current > history.Known)
            Fail($"was told of revision {current}, and nobody has published more than {history.Known}");
        _createdAt = Next == Revision.Zero ? current : Next;
        if (Next == Revision.Zero)
            Next = current.Next;
    }

    private void OnProgress(Revision revision)
    {
        if (_isWithinFragments)
            Fail($"was told of progress within the fragments of {Next}");
        if (revision.Next < Next || revision < _createdAt)
            Fail($"was told of progress to {revision}, but it waits for {Next} and asked for {_createdAt}");
        if (revision > history.Known)
            Fail($"was told of progress to {revision}, and nobody has published more than {history.Known}");
        if (history.IsWhole(Next) && Expected(history.PositionOf(Next)) is { } missing && missing.At.Main <= revision)
            Fail($"was told of progress to {revision} and has not got {missing.Key} of {missing.At.Main}");
        if (revision.Next > Next)
            Next = revision.Next;
    }

    private void OnCompacted(Revision compacted)
    {
        world.Sometimes("a watcher was overtaken by compaction");
        if (Next >= compacted || compacted > history.Compacted)
            Fail($"was told that {compacted} is compacted; it waits for {Next}, and the compaction is at {history.Compacted}");
        Next = compacted;
        Interrupt();
    }

    private void OnEvents(WatchResponse response)
    {
        var position = history.PositionOf(Next);
        for (var skipped = 0; skipped < _ofRevision; skipped++)
            position = Skip(position) + 1;
        Revision last = default;
        foreach (var received in response.Events)
        {
            var at = new Revision(received.Kv.ModRevision);
            if (at != last && at != Next)
                _ofRevision = 0;
            last = at;
            _ofRevision++;
            Events++;
            if (!history.IsWhole(Next))
                continue;
            position = Skip(position);
            if (history.At(position) is not { } expected)
                Fail($"got {received.Kv.Key.ToStringUtf8()} of {at}, which never happened");
            else
                Compare(expected, received);
            position++;
        }

        if (last < Next || new Revision(response.Header.Revision) < last)
            Fail($"got {last}, waits for {Next}, and the header says {response.Header.Revision}");
        _isWithinFragments = response.Fragment;
        if (!response.Fragment && history.IsWhole(Next) && Expected(position) is { } rest && rest.At.Main == last)
            Fail($"got a part of revision {last} without {rest.Key}");
        Next = response.Fragment ? last : last.Next;
        if (!response.Fragment)
            _ofRevision = 0;
    }

    private void Compare(EventHistory.Change expected, Event received)
    {
        var isDelete = received.Type == Event.Types.EventType.Delete;
        if (expected.IsDelete != isDelete || !expected.KeyValue.Equals(received.Kv))
        {
            Fail($"got {received.Kv.Key.ToStringUtf8()} of {received.Kv.ModRevision}, where {expected.Key} of {expected.At.Main} was next");
            return;
        }

        var previous = wantsPrevious && expected.Previous is { IsDelete: false } before ? before.KeyValue : null;
        if (received.PrevKv is null && (previous is null || expected.At.Main <= history.Compacted))
            return;
        if (expected.PreviousIsKnown && !Equals(previous, received.PrevKv))
            Fail($"got {expected.Key} of {expected.At.Main} with prev_kv of {received.PrevKv?.ModRevision}, but it was {previous?.ModRevision}");
    }

    private EventHistory.Change? Expected(int position) => history.At(Skip(position));

    /// <summary>The next change from a position on that this watcher asked for.</summary>
    private int Skip(int position)
    {
        while (history.At(position) is { } change && !IsWanted(change))
            position++;
        return position;
    }

    private bool IsWanted(EventHistory.Change change) =>
        (filters & (change.IsDelete ? WatchFilters.NoDelete : WatchFilters.NoPut)) == 0
        && end switch
        {
            "" => change.Key == key,
            "\0" => string.CompareOrdinal(change.Key, key) >= 0,
            _ => string.CompareOrdinal(change.Key, key) >= 0 && string.CompareOrdinal(change.Key, end) < 0,
        };

    private void Fail(string what) => world.Fail($"watcher {name} of [{key}, {end}) {what}");
}
