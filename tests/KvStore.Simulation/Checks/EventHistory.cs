using KvStore.Mvcc;
using KvStore.Primitives;
using KvStore.Protocol.Mvcc;
using KvStore.Simulation.World;

namespace KvStore.Simulation.Checks;

/// <summary>
/// Everything that ever happened to the key space, read from whichever member publishes a revision first. Watchers, serializable
/// reads and acknowledged writes are held against it. That the members agree with each other is <see cref="StateChecks"/>' matter.
/// </summary>
/// <remarks>
/// Revisions that are compacted in the batch that made them are read from nobody. They form a gap, and questions that touch it
/// are not judged.
/// </remarks>
public sealed class EventHistory(SimulatedWorld world)
{
    private readonly List<Change> _changes = [];
    private readonly Dictionary<string, Change> _latest = [];
    private readonly List<WatchEvent> _read = [];
    private readonly ByteWriter _stored = new();
    private Revision _gapEnd;

    /// <summary>The last revision that any member has published.</summary>
    public Revision Known { get; private set; } = new(1);

    /// <summary>The highest compaction that any member has begun.</summary>
    public Revision Compacted { get; private set; }

    public int Changes => _changes.Count;

    /// <summary>A member published a revision, by applying entries, by a snapshot or by starting.</summary>
    public void OnPublished(MvccView view)
    {
        if (view.Compacted > Compacted)
            Compacted = view.Compacted;
        if (view.Current <= Known)
            return;
        var from = Known.Next;
        if (from < view.Compacted)
        {
            from = view.Compacted;
            _gapEnd = from;
            world.Sometimes("revisions that no checker saw");
        }

        _read.Clear();
        for (var next = from; next <= view.Current;)
            next = view.ReadEvents(next, view.Current, 1000, 1 << 20, withPrevious: false, _read);
        foreach (var happened in _read)
            Add(happened);
        Known = view.Current;
    }

    /// <summary>False when the history from a revision on is not wholly known.</summary>
    public bool IsWhole(Revision from) => from > _gapEnd;

    /// <summary>The position of the first change at or after a revision.</summary>
    public int PositionOf(Revision from)
    {
        int low = 0, high = _changes.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_changes[middle].At.Main < from)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>The change at a position; null at the end.</summary>
    public Change? At(int position) => position < _changes.Count ? _changes[position] : null;

    /// <summary>An acknowledged write has to be where its answer said; a lost one is found here, deletes like puts.</summary>
    public void MustContain(Revision revision, string key, bool isDelete)
    {
        if (!IsWhole(revision))
            return;
        for (var position = PositionOf(revision); At(position) is { } change && change.At.Main == revision; position++)
        {
            if (change.Key == key && change.IsDelete == isDelete)
                return;
        }

        world.Fail($"the {(isDelete ? "delete" : "put")} of {key} at revision {revision} was acknowledged, and never happened");
    }

    /// <summary>What a member shows as of a revision is the state of that revision, neither older nor newer nor mixed.</summary>
    public void MustEqual(MvccView view, Revision at, string who)
    {
        if (at > Known)
        {
            world.Fail($"{who} shows revision {at}, and nobody has published more than {Known}");
            return;
        }

        if (_gapEnd > Revision.Zero)
            return;
        var expected = StateAt(at);
        var cursor = view.Seek([0], [0], at);
        while (cursor.MoveNext())
        {
            var key = System.Text.Encoding.Latin1.GetString(cursor.Key);
            _stored.Clear();
            view.CopyKeyValue(cursor.Meta, _stored);
            if (!expected.Remove(key, out var change) || change.KeyValue is null || !_stored.WrittenSpan.SequenceEqual(change.Bytes))
                world.Fail($"{who} shows {key} as of revision {at} as modified at {cursor.Meta.Modified.Main}, but it was {change?.At.Main}");
        }

        foreach (var (key, change) in expected)
            world.Fail($"{who} does not show {key} as of revision {at}, but it was put at {change.At.Main}");
    }

    private Dictionary<string, Change> StateAt(Revision at)
    {
        var state = new Dictionary<string, Change>();
        foreach (var change in _changes)
        {
            if (change.At.Main > at)
                break;
            if (change.IsDelete)
                state.Remove(change.Key);
            else
                state[change.Key] = change;
        }

        return state;
    }

    private void Add(in WatchEvent happened)
    {
        var bytes = happened.KeyValue.ToArray();
        var key = System.Text.Encoding.Latin1.GetString(happened.Key.Span);
        var previous = _latest.GetValueOrDefault(key);
        var change = new Change(
            happened.Revision, key, happened.Type == WatchEventType.Delete, bytes, KeyValue.Parser.ParseFrom(bytes), previous,
            PreviousIsKnown: previous is not null ? IsWhole(previous.At.Main) : _gapEnd == Revision.Zero);
        _changes.Add(change);
        _latest[key] = change;
    }

    /// <summary>One change of one key.</summary>
    /// <param name="At">Where in the history it stands.</param>
    /// <param name="Key">One character for each byte.</param>
    /// <param name="IsDelete">A tombstone.</param>
    /// <param name="Bytes">As stored.</param>
    /// <param name="KeyValue">As a client reads it.</param>
    /// <param name="Previous">The change of the same key before.</param>
    /// <param name="PreviousIsKnown">Whether there may be one in a gap between.</param>
    public sealed record Change(
        ItemRevision At, string Key, bool IsDelete, byte[] Bytes, KeyValue KeyValue, Change? Previous, bool PreviousIsKnown);
}
