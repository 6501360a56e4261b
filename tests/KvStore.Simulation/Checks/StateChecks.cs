using KvStore.Mvcc;
using KvStore.Primitives;
using KvStore.Simulation.World;

namespace KvStore.Simulation.Checks;

/// <summary>
/// M3, R1 of whole members: one leader per term; the same state at the same applied index on whoever gets there, in whatever
/// batches and lives; revisions never go back within a life.
/// </summary>
public sealed class StateChecks
{
    private readonly SimulatedWorld _world;
    private readonly Dictionary<Term, MemberId> _leaders = [];
    private readonly Dictionary<LogIndex, (Revision Revision, uint Hash)> _states = [];
    private readonly ByteWriter _value = new();

    public StateChecks(SimulatedWorld world) => _world = world;

    public int Terms => _leaders.Count;

    public int States => _states.Count;

    public void OnLeader(MemberId member, Term term)
    {
        if (!_leaders.TryAdd(term, member) && _leaders[term] != member)
            _world.Fail($"two leaders in term {term}: {_leaders[term]} and {member}");
    }

    public void OnApplied(MemberId member, LogIndex index, MvccView view)
    {
        var state = (view.Current, HashOf(view));
        if (!_states.TryAdd(index, state) && _states[index] != state)
            _world.Fail($"member {member} at entry {index} has revision {state.Current} and hash {state.Item2:x8}, another had {_states[index]}");
    }

    private uint HashOf(MvccView view)
    {
        var hash = 0u;
        var cursor = view.Seek([0], [0], Revision.Zero);
        while (cursor.MoveNext())
        {
            _value.Clear();
            view.CopyKeyValue(cursor.Meta, _value);
            hash = Crc32C.Append(Crc32C.Append(hash, cursor.Key), _value.WrittenSpan);
        }

        return hash;
    }
}
