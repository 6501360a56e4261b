using KvStore.Primitives;

namespace KvStore.Raft.Tests.Cluster;

/// <summary>What a member makes of what it finds on its disks.</summary>
public sealed class RaftStateTests
{
    private static readonly Membership Three = Membership.OfVoters(new MemberId(1), new MemberId(2), new MemberId(3));

    // R10, judged at start: the log ends before what the hard state says was committed.
    [Fact]
    public void Start_LogShorterThanTheCommitIndex_IsQuarantinedWithTheReason()
    {
        var core = Start(commit: 4, applied: 2, entries: 2);

        Assert.Equal("the log ends before what was known to be committed", core.Quarantine);
        Assert.True(core.TryTakeReady(out var ready));
        var found = Assert.Single(ready.TraceEvents, e => e.Kind == TraceKind.RaftQuarantined);
        Assert.Equal((0UL, 3UL, 4UL), (found.A, found.B, found.C));
        core.Campaign();
        for (var i = 0; i < 100; i++)
            core.Tick();
        Assert.False(core.TryTakeReady(out _));
    }

    [Fact]
    public void Start_StoreAheadOfTheLog_IsQuarantined() => Assert.NotNull(Start(commit: 2, applied: 9, entries: 2).Quarantine);

    // R11: the store was flushed before the commit index was written.
    [Fact]
    public void Start_AppliedAheadOfTheCommitIndex_CountsAsCommitted()
    {
        var core = Start(commit: 1, applied: 3, entries: 3);
        Assert.Null(core.Quarantine);
        Assert.Equal(new LogIndex(3), core.CommitIndex);
        Assert.True(core.TryTakeReady(out var ready));
        Assert.Empty(ready.EntriesToApply);
        Assert.Equal(new LogIndex(3), ready.HardState?.Commit);
    }

    [Fact]
    public void Start_CommittedAheadOfApplied_AppliesTheRestOnce()
    {
        var core = Start(commit: 4, applied: 2, entries: 3);
        Assert.True(core.TryTakeReady(out var ready));
        Assert.Equal([3UL, 4UL], ready.EntriesToApply.Select(entry => entry.Index.Value));
        Assert.False(core.TryTakeReady(out _));
    }

    [Fact]
    public void Start_FounderWithoutTheFoundersEntry_BreaksAnInvariant() => Assert.Throws<InvariantBrokenException>(() => new RaftCore(
        new RaftOptions { Self = new MemberId(1) }, RaftState.Joining() with { Membership = Three }, new Prng(1)));

    private static RaftCore Start(ulong commit, ulong applied, int entries)
    {
        var state = RaftState.Founding(Three) with
        {
            HardState = new HardState(new Term(2), MemberId.None, new LogIndex(commit)),
            Applied = new LogIndex(applied),
            Entries = [.. Enumerable.Range(0, entries).Select(i => new LogEntry(new Term(2), new LogIndex((ulong)i + 2), LogEntryKind.Command, default))],
        };
        return new RaftCore(new RaftOptions { Self = new MemberId(1) }, state, new Prng(1));
    }
}
