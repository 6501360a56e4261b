using KvStore.Primitives;

namespace KvStore.Simulation.Checks;

/// <summary>
/// What one member has durably in its log, kept by watching its Log lane. It outlives the member's processes: a crash takes what
/// was not synced, and the checkers ask here whether an acknowledged entry is where it must be.
/// </summary>
public sealed class DurableLog
{
    private readonly Dictionary<LogIndex, Term> _synced = [];
    private readonly List<(LogIndex Index, Term Term, bool IsMark)> _pending = [];
    private LogIndex _last;
    private LogIndex _start;

    public void OnAppended(IReadOnlyList<LogEntry> entries)
    {
        foreach (var entry in entries)
            _pending.Add((entry.Index, entry.Term, false));
    }

    public void OnMark(LogIndex index, Term term) => _pending.Add((index, term, true));

    public void OnSynced()
    {
        foreach (var (index, term, isMark) in _pending)
        {
            if (isMark)
                Mark(index, term);
            else
                Append(index, term);
        }

        _pending.Clear();
    }

    /// <summary>The process ended; a new one found this on the disk.</summary>
    public void Restart(LogIndex start, IReadOnlyList<LogEntry> entries)
    {
        _pending.Clear();
        _synced.Clear();
        _start = start;
        _last = start;
        foreach (var entry in entries)
            Append(entry.Index, entry.Term);
    }

    /// <summary>True when the entry is in the log, or replaced by a snapshot (which holds committed entries only).</summary>
    public bool Holds(LogIndex index, Term term) => index <= _start || (_synced.TryGetValue(index, out var found) && found == term);

    private void Append(LogIndex index, Term term)
    {
        for (var cut = index; cut <= _last; cut = cut.Next)
            _synced.Remove(cut);
        _synced[index] = term;
        _last = index;
    }

    private void Mark(LogIndex index, Term term)
    {
        _start = index;
        if (_synced.TryGetValue(index, out var found) && found == term)
            return;
        if (index <= _last && !_synced.ContainsKey(index) && index > LogIndex.Zero)
            return;
        _synced.Clear();
        _last = index;
    }
}
