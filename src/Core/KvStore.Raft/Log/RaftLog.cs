using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>
/// The entries after the start mark, all in memory, and how far they are committed, handed out and applied.
/// </summary>
/// <remarks>
/// Start &lt;= Applied &lt;= Applying &lt;= Committed &lt;= Last, and Applying &lt;= Persisted &lt;= Last (R-3, R-6 in INVARIANTS.md).
/// Entries handed out as memory never change afterwards, see <see cref="LogChunk"/>.
/// </remarks>
internal sealed class RaftLog
{
    private readonly List<LogChunk> _chunks = [];

    public RaftLog(LogIndex startIndex, Term startTerm, IReadOnlyList<LogEntry> entries)
    {
        Reset(startIndex, startTerm);
        foreach (var entry in entries)
            Append(entry);
        Tail = new UnstableTail(LastIndex);
    }

    public LogIndex StartIndex { get; private set; }

    public Term StartTerm { get; private set; }

    public LogIndex FirstIndex => StartIndex.Next;

    public LogIndex LastIndex { get; private set; }

    public Term LastTerm { get; private set; }

    public LogIndex Committed { get; private set; }

    /// <summary>The last entry handed out to be applied.</summary>
    public LogIndex Applying { get; private set; }

    public LogIndex Applied { get; private set; }

    /// <summary>Cost of the entries handed out and not yet applied.</summary>
    public long ApplyingBytes { get; private set; }

    public long Bytes { get; private set; }

    public UnstableTail Tail { get; }

    public bool IsUpToDate(LogIndex index, Term term) =>
        term > LastTerm || (term == LastTerm && index >= LastIndex);

    /// <summary>The last entry behind the first index, up to the second, that changes the membership; null when none does.</summary>
    public LogIndex? LastMembershipWithin(LogIndex after, LogIndex last)
    {
        var first = LogIndex.Max(after.Next, FirstIndex);
        for (var index = last; index >= first; index = index.Previous)
        {
            if (this[index].Kind == LogEntryKind.Membership)
                return index;
        }

        return null;
    }

    public Term? TermAt(LogIndex index)
    {
        if (index == LastIndex)
            return LastTerm;
        if (index == StartIndex)
            return StartTerm;
        return index < StartIndex || index > LastIndex ? null : ChunkOf(index)[index].Term;
    }

    public bool Matches(LogIndex index, Term term) => TermAt(index) == term;

    public ref readonly LogEntry this[LogIndex index] => ref ChunkOf(index)[index];

    public void Append(in LogEntry entry)
    {
        Check.That(entry.Index == LastIndex.Next, "the log has no gap");
        Check.That(entry.Term >= LastTerm, "terms in the log never go back");
        if (_chunks.Count == 0 || _chunks[^1].IsFull)
            _chunks.Add(new LogChunk(entry.Index));
        _chunks[^1].Add(entry);
        LastIndex = entry.Index;
        LastTerm = entry.Term;
        Bytes += entry.CostBytes;
    }

    /// <summary>Drops every entry after <paramref name="last"/>. A committed entry is never dropped.</summary>
    public void TruncateAfter(LogIndex last)
    {
        Check.That(last >= Committed && last >= StartIndex, "a committed entry is never overwritten");
        while (_chunks.Count > 0 && _chunks[^1].Last > last)
        {
            var chunk = _chunks[^1];
            _chunks.RemoveAt(_chunks.Count - 1);
            Bytes -= chunk.Bytes;
            if (chunk.First > last)
                continue;
            var kept = chunk.CopyUpTo(last);
            _chunks.Add(kept);
            Bytes += kept.Bytes;
        }

        LastTerm = last == StartIndex ? StartTerm : ChunkOf(last)[last].Term;
        LastIndex = last;
        Tail.TruncatedAfter(last);
    }

    /// <summary>The last index up to <paramref name="upTo"/> whose term is at most <paramref name="term"/>; terms only grow along the log.</summary>
    public LogIndex LastWithTermAtMost(LogIndex upTo, Term term)
    {
        if (upTo > LastIndex || upTo <= StartIndex)
            return LogIndex.Min(upTo, LastIndex);
        var low = StartIndex.Value;
        var high = upTo.Value;
        while (low < high)
        {
            var middle = high - ((high - low) / 2);
            if (TermAt(new LogIndex(middle)) <= term)
                low = middle;
            else
                high = middle - 1;
        }

        return new LogIndex(low);
    }

    /// <summary>Entries from <paramref name="from"/> on, at least one, together at most <paramref name="bytesMax"/> unless one alone is larger.</summary>
    public ReadOnlyMemory<LogEntry> Slice(LogIndex from, long bytesMax)
    {
        var chunk = ChunkOf(from);
        var count = 1;
        var bytes = chunk[from].CostBytes;
        for (var index = from.Next; index <= chunk.Last; index = index.Next, count++)
        {
            bytes += chunk[index].CostBytes;
            if (bytes > bytesMax)
                break;
        }

        return chunk.Slice(from, count);
    }

    public bool CommitTo(LogIndex index)
    {
        if (index <= Committed)
            return false;
        Check.That(index <= LastIndex, "only an entry of the log is committed");
        Committed = index;
        return true;
    }

    /// <summary>Hands out what is committed and on disk, as long as the bytes not yet applied stay below the limit.</summary>
    public void TakeEntriesToApply(List<LogEntry> destination, long bytesMax)
    {
        var upTo = LogIndex.Min(Committed, Tail.Persisted);
        while (Applying < upTo && ApplyingBytes < bytesMax)
        {
            ref readonly var entry = ref this[Applying.Next];
            destination.Add(entry);
            ApplyingBytes += entry.CostBytes;
            Applying = entry.Index;
        }
    }

    public void AppliedTo(LogIndex index)
    {
        Check.That(index >= Applied && index <= Applying, "only what was handed out is applied, in order");
        for (var i = Applied.Next; i <= index; i = i.Next)
            ApplyingBytes -= this[i].CostBytes;
        Applied = index;
    }

    public void TakeEntriesToAppend(List<LogEntry> destination)
    {
        for (var index = Tail.HandedOut.Next; index <= LastIndex; index = index.Next)
            destination.Add(this[index]);
        Tail.HandOut(LastIndex);
    }

    /// <summary>Forgets entries up to the index; the chunk it lies in stays whole in memory but is not read below the start.</summary>
    public void Compact(LogIndex upTo)
    {
        if (upTo <= StartIndex)
            return;
        Check.That(upTo <= Applied, "only applied entries leave the log");
        StartTerm = TermAt(upTo)!.Value;
        StartIndex = upTo;
        var whole = 0;
        while (whole < _chunks.Count && _chunks[whole].Last <= upTo)
            Bytes -= _chunks[whole++].Bytes;
        _chunks.RemoveRange(0, whole);
    }

    /// <summary>The log becomes empty and starts after a snapshot that is already installed.</summary>
    public void RestartAfter(LogIndex index, Term term)
    {
        Check.That(index > Committed, "a snapshot moves the log forward");
        Reset(index, term);
        Tail.Restart(index);
    }

    /// <summary>Known from disk at start.</summary>
    public void Restore(LogIndex committed, LogIndex applied)
    {
        Committed = committed;
        Applied = Applying = applied;
    }

    private void Reset(LogIndex index, Term term)
    {
        _chunks.Clear();
        Bytes = 0;
        StartIndex = LastIndex = Committed = Applying = Applied = index;
        StartTerm = LastTerm = term;
        ApplyingBytes = 0;
    }

    private LogChunk ChunkOf(LogIndex index)
    {
        Check.That(index > StartIndex && index <= LastIndex, "an entry that is read lies in the log");
        if (index >= _chunks[^1].First)
            return _chunks[^1];
        var low = 0;
        var high = _chunks.Count - 1;
        while (low < high)
        {
            var middle = high - ((high - low) / 2);
            if (_chunks[middle].First <= index)
                low = middle;
            else
                high = middle - 1;
        }

        return _chunks[low];
    }
}
