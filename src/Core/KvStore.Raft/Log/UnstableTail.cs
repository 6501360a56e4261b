using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>
/// What is on its way to the disk. Remembers for every Ready that is not yet reported as persisted how far its entries reach
/// and which vote it carries.
/// </summary>
/// <remarks>
/// Persisted &lt;= HandedOut &lt;= last index. A truncation lowers what the outstanding Readies can still prove: an entry that was
/// written, overwritten and written again is on disk only when its last writing is.
/// </remarks>
internal sealed class UnstableTail(LogIndex last)
{
    private readonly List<Outstanding> _outstanding = [];

    public LogIndex Persisted { get; private set; } = last;

    public LogIndex HandedOut { get; private set; } = last;

    public bool HasOutstanding => _outstanding.Count > 0;

    /// <summary>The term and vote of the last persisted Ready that carried any.</summary>
    public Term PersistedTerm { get; private set; }

    public MemberId PersistedVote { get; private set; }

    /// <summary>The commit index that a restart would read, at least.</summary>
    public LogIndex PersistedCommit { get; private set; }

    public void RestoreCommit(LogIndex commit) => PersistedCommit = commit;

    public void HandOut(LogIndex last) => HandedOut = last;

    public void Await(PersistMark mark, in HardState state) =>
        _outstanding.Add(new Outstanding(mark.Sequence, HandedOut, state));

    public void TruncatedAfter(LogIndex last)
    {
        HandedOut = LogIndex.Min(HandedOut, last);
        Persisted = LogIndex.Min(Persisted, last);
        for (var i = 0; i < _outstanding.Count; i++)
            _outstanding[i] = _outstanding[i] with { Last = LogIndex.Min(_outstanding[i].Last, last) };
    }

    public void Restart(LogIndex index)
    {
        Persisted = HandedOut = index;
        // A store that was adopted is durable, and a restart begins with what it contains.
        PersistedCommit = LogIndex.Max(PersistedCommit, index);
        for (var i = 0; i < _outstanding.Count; i++)
            _outstanding[i] = _outstanding[i] with { Last = LogIndex.Zero };
    }

    /// <summary>Everything up to the mark is on disk.</summary>
    public void PersistedUpTo(PersistMark mark)
    {
        var count = 0;
        while (count < _outstanding.Count && _outstanding[count].Sequence <= mark.Sequence)
        {
            var done = _outstanding[count++];
            Persisted = LogIndex.Max(Persisted, done.Last);
            PersistedTerm = done.State.Term;
            PersistedVote = done.State.Vote;
            PersistedCommit = LogIndex.Max(PersistedCommit, done.State.Commit);
        }

        _outstanding.RemoveRange(0, count);
    }

    private readonly record struct Outstanding(ulong Sequence, LogIndex Last, HardState State);
}
