using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Disk;

namespace KvStore.Wal.Tests;

/// <summary>
/// A random but repeatable use of a log, with a model beside it. The model keeps the state after every record since the last
/// sync: a crash may leave any of them, and nothing else.
/// </summary>
internal sealed class LogLife
{
    private readonly Prng _prng;
    private readonly List<LogModel> _possible = [LogModel.Empty];

    public LogLife(ulong seed)
    {
        _prng = new Prng(seed);
        Fixture = new LogFixture(seed);
    }

    public LogFixture Fixture { get; }

    private LogModel Now => _possible[^1];

    /// <summary>Opens the log and uses it; false when a crash or a failure ended it.</summary>
    public bool Run(int steps)
    {
        try
        {
            var log = Fixture.Open();
            _possible.Clear();
            _possible.Add(LogModel.Of(Fixture.Recovered));
            for (var i = 0; i < steps; i++)
                Step(log);
            if (_prng.Chance(1, 2))
                log.Dispose();
            return true;
        }
        catch (SimulatedCrashException)
        {
            return false;
        }
        catch (StorageException failure) when (failure.Failure is StorageFailure.Io or StorageFailure.NoSpace)
        {
            return false;
        }
    }

    /// <summary>What a new process finds must be the state after one of the records since the last sync.</summary>
    public void CheckRecovered(string where)
    {
        var found = Fixture.Recover();
        var possible = _possible.Select(m => m.Completed().ToString()).ToList();
        Assert.True(possible.Contains(found.ToString()), $"{where}\nfound    {found}\nsynced   {possible[0]}\nlast     {possible[^1]}");
        // A second start after another loss of everything un-synced finds the same: what was reported is durable.
        Fixture.Disk.LosePower(PowerLoss.LoseAll);
        Assert.Equal(found.ToString(), Fixture.Recover().ToString());
        _possible.Clear();
        _possible.Add(found);
    }

    private void Step(WriteAheadLog log)
    {
        switch (_prng.Below(10))
        {
            case < 5:
                Append(log);
                break;
            case < 8:
                log.Sync();
                OnSynced();
                break;
            case 8:
                Mark(log);
                break;
            default:
                log.RemovePrefix(LogIndex.Min(Now.MarkIndex, new LogIndex((ulong)_prng.Below((int)Now.MarkIndex.Value + 1))));
                OnSynced();
                break;
        }
    }

    private void OnSynced() => _possible.RemoveRange(0, _possible.Count - 1);

    private void Append(WriteAheadLog log)
    {
        var committed = LogIndex.Max(Now.HardState.Commit, Now.MarkIndex);
        var overwrites = _prng.Chance(1, 5) && Now.Last > committed;
        var first = overwrites ? committed + 1 + (ulong)_prng.Below((int)(Now.Last - committed)) : Now.Last.Next;
        var term = new Term(Math.Max(Now.HardState.Term.Value, Now.LastTerm.Value) + (overwrites ? 1UL : (ulong)_prng.Below(2)));
        var entries = new LogEntry[_prng.Below(6)];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = LogFixture.Entry((first + (ulong)i).Value, term.Value, _prng.Chance(1, 8) ? 2500 : _prng.Below(120));
        var last = entries.Length > 0 ? entries[^1].Index : Now.Last;
        HardState? state = _prng.Chance(1, 2)
            ? new HardState(term, new MemberId((ulong)_prng.Below(3)), committed + (ulong)_prng.Below((int)(last - committed) + 1))
            : null;

        // The model is changed first: a crash inside the call may leave any of these records.
        foreach (var entry in entries)
            _possible.Add(Now.With(entry));
        if (state is { } hardState)
            _possible.Add(Now with { HardState = hardState });
        log.Append(state, entries);
    }

    private void Mark(WriteAheadLog log)
    {
        var fromLeader = _prng.Chance(1, 4);
        var committed = LogIndex.Max(Now.HardState.Commit, Now.MarkIndex);
        var index = fromLeader ? committed + (ulong)_prng.Below(30) : Now.MarkIndex + (ulong)_prng.Below((int)(committed - Now.MarkIndex) + 1);
        var known = Now.Entries.Where(e => e.Index == index).Select(e => (Term?)e.Term).FirstOrDefault() ?? (index == Now.MarkIndex ? Now.MarkTerm : null);
        var term = known ?? Now.LastTerm;
        var membership = $"m{_prng.Below(1000)}";
        _possible.Add(Now.WithMark(index, term, membership));
        log.MarkSnapshot(index, term, System.Text.Encoding.UTF8.GetBytes(membership));
    }
}
