using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Consensus;

/// <summary>
/// How much of the log stays: in memory for followers that were away for a moment, on disk until the store holds it durably
/// (N-1). Owned by the Consensus lane.
/// </summary>
internal sealed class LogRetention(NodeOptions options, RaftCore raft)
{
    private readonly NodeOptions _options = options;
    private readonly RaftCore _raft = raft;
    private readonly Dictionary<MemberId, LogIndex> _pins = [];

    // Where the log in memory was cut and the one on disk not yet. All of them and not the last one only: a busy member cuts
    // again before the news of a flush arrives, and would wait for ever for one that covers the latest cut. A flush ends their waiting,
    // so there are at most as many as entries between two flushes (NodeOptions.FlushAfterEntries), usually a hundred.
    private readonly Queue<(LogIndex Index, Term Term)> _cuts = new();

    /// <summary>A snapshot is on its way: what follows it must still be here when it has arrived, or it was for nothing.</summary>
    public void Pin(MemberId peer) => _pins[peer] = _raft.AppliedIndex;

    public void Unpin(MemberId peer) => _pins.Remove(peer);

    /// <summary>The log begins at a snapshot now; where it was to be cut before has no meaning any more.</summary>
    public void OnSnapshotInstalled() => _cuts.Clear();

    /// <summary>Cuts the log in memory when enough has been applied since the last time.</summary>
    public void OnApplied()
    {
        var applied = _raft.AppliedIndex;
        var first = _raft.FirstIndex;
        if (applied < first)
            return;
        var entries = applied - first + 1;
        var isLong = entries > _options.CatchUpEntries + _options.CompactLogEvery;
        var isLarge = _raft.LogBytes > _options.CatchUpBytesMax;
        if (!isLong && !isLarge)
            return;
        var keep = Math.Min(_options.CatchUpEntries, entries);
        if (isLarge)
            keep = Math.Min(keep, (ulong)((UInt128)entries * (ulong)(_options.CatchUpBytesMax / 2) / (ulong)_raft.LogBytes));
        Cut(new LogIndex(applied.Value - keep));
    }

    /// <summary>The store is durable up to an index: where the log on disk may begin, if that moved.</summary>
    public (LogIndex Index, Term Term)? OnFlushed(LogIndex flushed)
    {
        (LogIndex Index, Term Term)? last = null;
        while (_cuts.TryPeek(out var cut) && cut.Index <= flushed)
            last = _cuts.Dequeue();
        return last;
    }

    private void Cut(LogIndex upTo)
    {
        // Twice the limit is too much even for a snapshot's sake: its receiver then needs another one.
        if (_raft.LogBytes < 2 * _options.CatchUpBytesMax)
        {
            foreach (var pin in _pins.Values)
                upTo = LogIndex.Min(upTo, pin);
        }

        if (upTo < _raft.FirstIndex || _raft.TermAt(upTo) is not { } term)
            return;
        _raft.CompactLog(upTo);
        _cuts.Enqueue((upTo, term));
    }
}
