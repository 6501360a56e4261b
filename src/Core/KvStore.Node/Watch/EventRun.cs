using KvStore.Primitives;

namespace KvStore.Node.Watch;

/// <summary>The events of one pass that one kind of watcher of one range gets: encoded pieces, cut anywhere between revisions without a copy.</summary>
internal sealed class EventRun
{
    /// <summary>Two filters and the wish for prev_kv, each on or off.</summary>
    public const int Variants = 8;

    private static readonly EventRun Empty = new([], [], [0]);

    private readonly ReadOnlyMemory<byte>[] _pieces;
    private readonly Revision[] _revisions;

    // The bytes before each piece, and at the end the bytes of all.
    private readonly long[] _offsets;

    private EventRun(ReadOnlyMemory<byte>[] pieces, Revision[] revisions, long[] offsets)
    {
        _pieces = pieces;
        _revisions = revisions;
        _offsets = offsets;
    }

    public int Count => _pieces.Length;

    public static int Variant(Watcher watcher) => ((int)watcher.Filters << 1) | (watcher.WantsPrevious ? 1 : 0);

    public static EventRun Of(EventSequence events, List<int> positions, WatchFilters filters, bool withPrevious)
    {
        var wanted = 0;
        foreach (var position in positions)
            wanted += Wants(events[position].Type, filters) ? 1 : 0;
        if (wanted == 0)
            return Empty;

        var run = new EventRun(new ReadOnlyMemory<byte>[wanted], new Revision[wanted], new long[wanted + 1]);
        var i = 0;
        foreach (var position in positions)
        {
            if (!Wants(events[position].Type, filters))
                continue;
            run._pieces[i] = events.Encoded(position, withPrevious);
            run._revisions[i] = events[position].Revision.Main;
            run._offsets[i + 1] = run._offsets[i] + run._pieces[i].Length;
            i++;
        }

        return run;
    }

    /// <summary>The first piece of a revision not below the given one; the count if there is none.</summary>
    public int FirstFrom(Revision revision)
    {
        if (_revisions.Length == 0 || _revisions[0] >= revision)
            return 0;
        int low = 0, high = _revisions.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_revisions[middle] < revision)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    public Revision RevisionAt(int position) => _revisions[position];

    /// <summary>The end of the longest cut from a position on that has whole revisions and at most so many bytes; at least one revision.</summary>
    public int EndOfFrame(int from, long bytesMax)
    {
        var end = EndOfRevision(from);
        while (end < Count)
        {
            var next = EndOfRevision(end);
            if (Bytes(from, next) > bytesMax)
                break;
            end = next;
        }

        return end;
    }

    /// <summary>The end of a fragment: as many events as stay below the limit, at least one (etcd, v3rpc/watch.go sendFragments).</summary>
    public int EndOfFragment(int from, int to, long overhead, long fragmentBytes)
    {
        var end = from + 1;
        while (end < to && overhead + Bytes(from, end + 1) < fragmentBytes)
            end++;
        return end;
    }

    public long Bytes(int from, int to) => _offsets[to] - _offsets[from];

    public ReadOnlyMemory<ReadOnlyMemory<byte>> Pieces(int from, int to) => _pieces.AsMemory(from, to - from);

    private int EndOfRevision(int from)
    {
        var end = from + 1;
        while (end < Count && _revisions[end] == _revisions[from])
            end++;
        return end;
    }

    private static bool Wants(Mvcc.WatchEventType type, WatchFilters filters) =>
        (filters & (type == Mvcc.WatchEventType.Put ? WatchFilters.NoPut : WatchFilters.NoDelete)) == 0;
}
