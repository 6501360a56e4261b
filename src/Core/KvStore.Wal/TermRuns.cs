using KvStore.Primitives;

namespace KvStore.Wal;

/// <summary>The term of each index of the log, as runs: a log changes its term with a new leader only, so a few pairs describe millions of entries.</summary>
internal sealed class TermRuns
{
    private readonly List<(LogIndex First, Term Term)> _runs = [];

    /// <summary>The log is empty after this position.</summary>
    public void StartAfter(LogIndex index, Term term)
    {
        _runs.Clear();
        _runs.Add((index, term));
    }

    /// <summary>Forgets the terms from an index on.</summary>
    public void CutFrom(LogIndex index)
    {
        while (_runs.Count > 0 && _runs[^1].First >= index)
            _runs.RemoveAt(_runs.Count - 1);
    }

    /// <summary>Forgets the terms below an index, which itself stays known.</summary>
    public void ForgetBelow(LogIndex index)
    {
        var keep = _runs.FindLastIndex(run => run.First <= index);
        if (keep > 0)
            _runs.RemoveRange(0, keep);
    }

    public void Add(LogIndex index, Term term)
    {
        if (_runs.Count == 0 || _runs[^1].Term != term)
            _runs.Add((index, term));
    }

    /// <summary>The term at an index not above the last one; zero below what is known.</summary>
    public Term At(LogIndex index)
    {
        for (var i = _runs.Count - 1; i >= 0; i--)
        {
            if (_runs[i].First <= index)
                return _runs[i].Term;
        }

        return Term.Zero;
    }
}
