using KvStore.Primitives;
using KvStore.Raft.Tests.Cluster;

namespace KvStore.Raft.Tests.Fuzz;

/// <summary>The promises of raft (paper, figure 3), judged from outside by what members show.</summary>
internal sealed class SafetyChecker
{
    private readonly Dictionary<Term, MemberId> _leaders = [];
    private readonly Dictionary<LogIndex, Term> _committed = [];
    private readonly Dictionary<LogIndex, LogEntry> _applied = [];
    private readonly Dictionary<(LogIndex, Term), (Term Before, LogEntry Entry)> _written = [];
    private readonly Dictionary<MemberId, (Term Term, LogIndex Commit, LogIndex Seen)> _last = [];

    /// <summary>The greatest index that any member knew to be committed.</summary>
    public LogIndex Committed { get; private set; }

    public void Restarted(TestMember member) => _last.Remove(member.Id);

    public void Observe(TestMember member)
    {
        var core = member.Core;
        var (term, commit, seen) = _last.GetValueOrDefault(member.Id);
        Assert.True(core.Term >= term, "a term went back");
        Assert.True(core.CommitIndex >= commit, "a commit index went back");
        OneLeaderPerTerm(core, member.Id);
        CommittedIsOne(core, commit);
        LogsMatch(core, seen);
        _last[member.Id] = (core.Term, core.CommitIndex, core.CommitIndex);
    }

    /// <summary>State machine safety: nobody applies another entry at the same index.</summary>
    public void Applied(LogEntry entry)
    {
        if (!_applied.TryAdd(entry.Index, entry))
        {
            var other = _applied[entry.Index];
            Assert.True(other.Term == entry.Term && other.Kind == entry.Kind && other.Data.Span.SequenceEqual(entry.Data.Span), "two entries were applied at one index");
        }
    }

    private void OneLeaderPerTerm(RaftCore core, MemberId member)
    {
        if (core.Role != RaftRole.Leader)
            return;
        if (_leaders.TryAdd(core.Term, member))
            LeaderIsComplete(core);
        Assert.Equal(_leaders[core.Term], member);
    }

    // Leader completeness: whatever was committed is in the log of every later leader.
    private void LeaderIsComplete(RaftCore core)
    {
        Assert.True(core.LastIndex >= Committed, "a leader lacks committed entries");
        for (var index = core.FirstIndex; index <= Committed; index = index.Next)
        {
            if (_committed.TryGetValue(index, out var term))
                Assert.Equal(term, core.TermAt(index));
        }
    }

    private void CommittedIsOne(RaftCore core, LogIndex before)
    {
        for (var index = LogIndex.Max(before, core.FirstIndex.Previous).Next; index <= core.CommitIndex; index = index.Next)
        {
            var term = core.TermAt(index) ?? throw new InvalidOperationException("a committed entry is in the log");
            Assert.True(_committed.TryAdd(index, term) || _committed[index] == term, $"two entries were committed at {index}");
        }

        Committed = LogIndex.Max(Committed, core.CommitIndex);
    }

    // Log matching: one term and index, one entry, and one entry before it.
    private void LogsMatch(RaftCore core, LogIndex settled)
    {
        for (var index = LogIndex.Max(settled, core.FirstIndex.Previous).Next; index <= core.LastIndex; index = index.Next)
        {
            var entry = core.Log[index];
            var before = core.TermAt(index.Previous) ?? throw new InvalidOperationException("the entry before is in the log or its start");
            if (_written.TryAdd((index, entry.Term), (before, entry)))
                continue;
            var known = _written[(index, entry.Term)];
            Assert.True(known.Before == before && known.Entry.Data.Span.SequenceEqual(entry.Data.Span), $"two logs differ at {entry.Term}/{index}");
        }
    }
}
