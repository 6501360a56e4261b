using KvStore.Primitives;
using KvStore.Simulation.World;

namespace KvStore.Simulation.Checks;

/// <summary>
/// What clients of whole members asked and heard. The revisions in the replies order the writes, so linearizability needs no
/// search: (1) no call that began after another had ended is answered as of an earlier revision, and a write comes after it;
/// (2) a revision belongs to one write and a written value to one revision; (3) whoever saw a key at a revision saw its last
/// write up to there, deletes too, among all writes that anybody ever heard of; (4) what was acknowledged has happened.
/// </summary>
public sealed class RevisionHistory
{
    private const ulong Deleted = 0;

    private readonly SimulatedWorld _world;
    private readonly Dictionary<RequestId, (bool IsWrite, Revision HeardBefore)> _open = [];
    private readonly Dictionary<int, SortedDictionary<Revision, ulong>> _writes = [];
    private readonly Dictionary<Revision, int> _keyOf = [];
    private readonly Dictionary<ulong, Revision> _revisionOf = [];
    private readonly List<(int Key, Revision At, Revision Modified)> _sightings = [];
    private ulong _nextRequest;

    public RevisionHistory(SimulatedWorld world) => _world = world;

    public long Asked { get; private set; }

    public long Answered { get; private set; }

    public int Waiting => _open.Count;

    /// <summary>The latest revision that any client has heard of.</summary>
    public Revision Heard { get; private set; } = new(1);

    public RequestId Begin(bool isWrite)
    {
        Asked++;
        var request = new RequestId(++_nextRequest);
        _open[request] = (isWrite, Heard);
        return request;
    }

    /// <summary>Refused, failed or given up: the outcome is not known.</summary>
    public void Forget(RequestId request) => _open.Remove(request);

    /// <summary>The reply's revision; false for a call that nobody waits for any more.</summary>
    public bool OnAnswer(RequestId request, Revision at)
    {
        if (!_open.Remove(request, out var call))
            return false;
        Answered++;
        if (at < call.HeardBefore || (call.IsWrite && at == call.HeardBefore))
            _world.Fail($"request {request} is answered as of revision {at}, but before it was asked somebody had heard of {call.HeardBefore}");
        if (at > Heard)
            Heard = at;
        return true;
    }

    public void OnDeleted(int key, Revision at) => Record(key, at, Deleted);

    public void OnWritten(int key, Revision at, ulong value)
    {
        if (!_revisionOf.TryAdd(value, at) && _revisionOf[value] != at)
            _world.Fail($"the value {value} was written at revision {_revisionOf[value]} and again at {at}");
        Record(key, at, value);
    }

    /// <summary>Somebody saw a key as of a revision: written at <paramref name="modified"/>, or absent (zero).</summary>
    public void OnSeen(int key, Revision at, Revision modified, ulong value)
    {
        if (modified > Revision.Zero)
            OnWritten(key, modified, value);
        _sightings.Add((key, at, modified));
    }

    /// <summary>At the end, when all that will ever be known of the writes is known.</summary>
    public void CheckSightings(EventHistory events)
    {
        foreach (var (key, writes) in _writes)
        {
            foreach (var (revision, value) in writes)
                events.MustContain(revision, "k" + key, isDelete: value == Deleted);
        }

        foreach (var (key, at, modified) in _sightings)
        {
            if (modified == Revision.Zero || !_writes.TryGetValue(key, out var writes))
                continue;
            foreach (var (revision, value) in writes)
            {
                if (revision > at)
                    break;
                if (revision > modified)
                    _world.Fail($"key {key} as of revision {at} was seen as written at {modified}, but it was {(value == Deleted ? "deleted" : "written")} at {revision}");
            }
        }
    }

    private void Record(int key, Revision at, ulong value)
    {
        if (!_keyOf.TryAdd(at, key) && _keyOf[at] != key)
            _world.Fail($"revision {at} belongs to a write of key {_keyOf[at]} and of key {key}");
        if (!_writes.TryGetValue(key, out var writes))
            _writes[key] = writes = [];
        if (!writes.TryAdd(at, value) && writes[at] != value)
            _world.Fail($"key {key} has two values at revision {at}");
    }
}
