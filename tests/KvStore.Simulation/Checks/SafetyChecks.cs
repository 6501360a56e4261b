using KvStore.Primitives;
using KvStore.Simulation.World;

namespace KvStore.Simulation.Checks;

/// <summary>
/// What must hold at every moment of every run, seen from outside the members: one leader per term; one entry per index, once
/// committed; equal state at equal index; nothing applied that a quorum does not have on disk; nothing committed taken back.
/// </summary>
public sealed class SafetyChecks
{
    private readonly SimulatedWorld _world;
    private readonly IReadOnlyDictionary<MemberId, DurableLog> _logs;
    private readonly Dictionary<Term, MemberId> _leaders = [];
    private readonly Dictionary<LogIndex, (Term Term, uint Data)> _committed = [];
    private readonly Dictionary<LogIndex, uint> _states = [];

    public SafetyChecks(SimulatedWorld world, IReadOnlyDictionary<MemberId, DurableLog> logs)
    {
        _world = world;
        _logs = logs;
    }

    public int Terms => _leaders.Count;

    public int Committed => _committed.Count;

    public void OnLeader(MemberId member, Term term)
    {
        if (!_leaders.TryAdd(term, member) && _leaders[term] != member)
            _world.Fail($"two leaders in term {term}: {_leaders[term]} and {member}");
    }

    /// <summary>A member is about to apply an entry.</summary>
    public void OnCommitted(MemberId member, in LogEntry entry)
    {
        var data = Crc32C.Of(entry.Data.Span);
        if (_committed.TryAdd(entry.Index, (entry.Term, data)))
            MustBeOnAQuorum(member, entry);
        else if (_committed[entry.Index] != (entry.Term, data))
            _world.Fail($"member {member} applies another entry at {entry.Index}: term {entry.Term}, first was {_committed[entry.Index].Term}");
    }

    /// <summary>D4, M15: whoever hears of an entry may rely on it after any crash.</summary>
    private void MustBeOnAQuorum(MemberId member, in LogEntry entry)
    {
        var holders = 0;
        foreach (var log in _logs.Values)
        {
            if (log.Holds(entry.Index, entry.Term))
                holders++;
        }

        if (holders <= _logs.Count / 2)
            _world.Fail($"member {member} applies entry {entry.Index} of term {entry.Term}, which only {holders} of {_logs.Count} have on disk");
    }

    public void OnApplied(MemberId member, LogIndex index, uint stateHash)
    {
        if (!_states.TryAdd(index, stateHash) && _states[index] != stateHash)
            _world.Fail($"member {member} has another state at {index}");
    }
}
