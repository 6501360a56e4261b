using KvStore.Primitives;

namespace KvStore.Raft.Tests.Cluster;

/// <summary>
/// One member as a node would run it, without threads: a core, a log on a disk that keeps what was synced, and a state machine
/// that is a list of applied entries. Writes wait in a queue until <see cref="PersistNext"/>, so that a test decides when (or
/// whether) the disk is done.
/// </summary>
internal sealed class TestMember
{
    private readonly RaftOptions _options;
    private readonly ulong _seed;
    private readonly Queue<PendingWrite> _writes = new();
    private readonly Queue<LogEntry> _toApply = new();
    private readonly List<LogEntry> _diskEntries = [];
    private HardState _diskState;
    private SnapshotMark _diskStart;
    private (LogIndex Index, Membership Membership) _flushed;
    private ulong _lives;

    public TestMember(RaftOptions options, RaftState initial, ulong seed)
    {
        _options = options;
        _seed = seed;
        _diskState = initial.HardState;
        _diskStart = initial.Start;
        _diskEntries.AddRange(initial.Entries);
        Membership = initial.Membership;
        AppliedIndex = initial.Applied;
        _flushed = (AppliedIndex, Membership);
        Core = new RaftCore(options, initial, new Prng(seed));
    }

    public MemberId Id => _options.Self;

    public RaftCore Core { get; private set; }

    /// <summary>The state machine: every applied entry since the beginning of the cluster (snapshots carry it along).</summary>
    public List<LogEntry> Applied { get; private set; } = [];

    public LogIndex AppliedIndex { get; private set; }

    public Membership Membership { get; private set; }

    public SnapshotMark? ToInstall { get; private set; }

    public List<MemberId> SnapshotsToSend { get; } = [];

    public List<ReadState> Reads { get; } = [];

    public List<ulong> ReadsRefused { get; } = [];

    public List<TraceEvent> Trace { get; } = [];

    public int WritesPending => _writes.Count;

    public int EntriesToApply => _toApply.Count;

    public HardState DiskState => _diskState;

    public IReadOnlyList<LogEntry> DiskEntries => _diskEntries;

    /// <summary>Takes one Ready: messages that may go at once are returned, everything else is queued. Null when there is none.</summary>
    public Ready? TakeReady(Action<PeerMessage> send)
    {
        if (!Core.TryTakeReady(out var ready))
            return null;
        Trace.AddRange(ready.TraceEvents);
        Reads.AddRange(ready.ReadStates);
        ReadsRefused.AddRange(ready.ReadsRefused);
        SnapshotsToSend.AddRange(ready.SnapshotsToSend);
        ToInstall = ready.SnapshotToInstall ?? ToInstall;
        foreach (var entry in ready.EntriesToApply)
            _toApply.Enqueue(entry);
        foreach (var message in ready.MessagesNow)
        {
            Assert.False(message.PromisesDurability);
            send(message);
        }

        if (ready.NeedsPersist)
        {
            _writes.Enqueue(new PendingWrite(ready.HardState, [.. ready.EntriesToAppend], [.. ready.MessagesAfterPersist], ready.PersistMark));
            return ready;
        }

        Assert.Empty(ready.EntriesToAppend);
        if (ready.HardState is { } state)
            WriteLater(state);
        foreach (var message in ready.MessagesAfterPersist)
            send(message);
        return ready;
    }

    /// <summary>The disk finishes the oldest write.</summary>
    public bool PersistNext(Action<PeerMessage> send)
    {
        if (!_writes.TryDequeue(out var write))
            return false;
        WriteToDisk(write);
        foreach (var message in write.Messages)
            send(message);
        if (write.Mark is { } mark)
            Core.Persisted(mark);
        return true;
    }

    /// <summary>Applies the oldest entry that was handed out.</summary>
    public bool ApplyNext(Action<LogEntry>? onApplied = null)
    {
        if (!_toApply.TryDequeue(out var entry))
            return false;
        Assert.Equal(AppliedIndex.Next, entry.Index);
        onApplied?.Invoke(entry);
        Applied.Add(entry);
        AppliedIndex = entry.Index;
        if (entry.Kind == LogEntryKind.Membership)
            Membership = Core.ApplyMembership(ChangeCodec.Decode(entry.Data.Span));
        Core.Applied(entry.Index);
        return true;
    }

    public (SnapshotMark Mark, List<LogEntry> State) Snapshot()
    {
        var term = Core.TermAt(AppliedIndex) ?? throw new InvalidOperationException("the applied entry is in the log or its start");
        return (new SnapshotMark(AppliedIndex, term, Membership), [.. Applied]);
    }

    /// <summary>Puts the accepted snapshot in place, on disk and in the core.</summary>
    public void Install(List<LogEntry> state)
    {
        var mark = ToInstall ?? throw new InvalidOperationException("no snapshot was accepted");
        ToInstall = null;
        _toApply.Clear();
        Applied = [.. state];
        AppliedIndex = mark.Index;
        Membership = mark.Membership;
        // The log lane does its writes in turn: what was queued before the mark is in the file before it, and cut off by it.
        while (_writes.Count > 0)
            PersistNext(static _ => { });
        _diskStart = mark;
        _diskEntries.Clear();
        Flush();
        Core.SnapshotInstalled(mark);
    }

    /// <summary>The store's present state is on disk: a crash does not go back behind it.</summary>
    public void Flush() => _flushed = (AppliedIndex, Membership);

    public LogIndex FlushedIndex => _flushed.Index;

    public void AbandonSnapshot()
    {
        ToInstall = null;
        Core.SnapshotAbandoned();
    }

    public void Compact(LogIndex upTo)
    {
        // The log is cut only below what the store has on disk (N-1).
        if (upTo > _flushed.Index)
            Flush();
        var term = Core.TermAt(upTo) ?? _diskStart.Term;
        Core.CompactLog(upTo);
        if (upTo <= _diskStart.Index)
            return;
        _diskEntries.RemoveAll(entry => entry.Index <= upTo);
        _diskStart = new SnapshotMark(upTo, term, Membership);
    }

    /// <summary>
    /// The process dies and starts again: of the writes not yet persisted only the first <paramref name="writesKept"/> survive, and
    /// the store goes back to its last flush unless <paramref name="storeKept"/>.
    /// </summary>
    public void Restart(int writesKept = 0, bool storeKept = true)
    {
        var kept = _writes.Take(writesKept).ToArray();
        _writes.Clear();
        foreach (var write in kept)
            WriteToDisk(write);
        if (storeKept)
            Flush();
        (AppliedIndex, Membership) = _flushed;
        Applied.RemoveAll(entry => entry.Index > AppliedIndex);
        _toApply.Clear();
        SnapshotsToSend.Clear();
        ToInstall = null;
        Reads.Clear();
        ReadsRefused.Clear();
        var state = new RaftState
        {
            HardState = _diskState, Start = _diskStart, Entries = [.. _diskEntries], Applied = AppliedIndex, Membership = Membership,
        };
        Core = new RaftCore(_options, state, new Prng(_seed + (++_lives * 1000003)));
    }

    /// <summary>The disk is replaced by one that knows only this much of the log (R10's cause).</summary>
    public void LoseLogAfter(LogIndex last)
    {
        _diskEntries.RemoveAll(entry => entry.Index > last);
        while (Applied.Count > 0 && Applied[^1].Index > last)
            Applied.RemoveAt(Applied.Count - 1);
        AppliedIndex = LogIndex.Min(AppliedIndex, last);
        Flush();
        _diskState = _diskState with { Commit = LogIndex.Min(_diskState.Commit, last) };
    }

    private void WriteToDisk(in PendingWrite write)
    {
        _diskState = write.State ?? _diskState;
        foreach (var entry in write.Entries)
        {
            while (_diskEntries.Count > 0 && _diskEntries[^1].Index >= entry.Index)
                _diskEntries.RemoveAt(_diskEntries.Count - 1);
            _diskEntries.Add(entry);
        }
    }

    private void WriteLater(HardState state)
    {
        // Not synced: it may survive a crash or not. Here it joins the next write, or is lost with it.
        if (_writes.Count > 0)
            _writes.Enqueue(new PendingWrite(state, [], [], null));
        else
            _diskState = state;
    }

    private readonly record struct PendingWrite(HardState? State, LogEntry[] Entries, PeerMessage[] Messages, PersistMark? Mark);
}
