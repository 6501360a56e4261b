using KvStore.Primitives;

namespace KvStore.Raft.Tests.Log;

public sealed class RaftLogTests
{
    [Fact]
    public void Log_RandomAppendsCutsAndCompactions_IsTheListItShouldBe()
    {
        var prng = new Prng(7);
        var log = NewLog();
        var model = new List<LogEntry>();
        var term = 1UL;
        for (var round = 0; round < 4_000; round++)
        {
            if (prng.Chance(1, 20) && log.LastIndex > log.Committed)
            {
                var last = (ulong)prng.Between((long)log.Committed.Value, (long)log.LastIndex.Value);
                log.TruncateAfter(new LogIndex(last));
                model.RemoveAll(entry => entry.Index.Value > last);
                term++;
            }
            else if (prng.Chance(1, 30))
            {
                ApplyAll(log);
                log.Compact(new LogIndex((ulong)prng.Between((long)log.StartIndex.Value, (long)log.Applied.Value)));
            }
            else
            {
                AppendBatch(prng, log, model, term);
            }

            AssertEqual(model, log);
        }

        Assert.True(model.Count > 10_000);
    }

    // What was handed out as memory stays what it was, whatever happens to the log (messages may be sent late and twice).
    [Fact]
    public void Slice_ThenTruncateAndAppend_KeepsItsEntries()
    {
        var log = NewLog();
        for (var i = 1UL; i <= 10; i++)
            log.Append(Entry(1, i));
        var slice = log.Slice(new LogIndex(3), bytesMax: long.MaxValue);

        log.TruncateAfter(new LogIndex(4));
        for (var i = 5UL; i <= 40; i++)
            log.Append(Entry(2, i));

        Assert.Equal(8, slice.Length);
        Assert.All(slice.ToArray(), entry => Assert.Equal(new Term(1), entry.Term));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(64, 2)]
    [InlineData(65, 2)]
    [InlineData(96, 3)]
    [InlineData(1_000_000, 10)]
    public void Slice_WithALimit_HoldsAtLeastOneEntryAndNoMoreThanFit(long bytesMax, int expected)
    {
        var log = NewLog();
        for (var i = 1UL; i <= 10; i++)
            log.Append(Entry(1, i));
        Assert.Equal(expected, log.Slice(new LogIndex(1), bytesMax).Length);
    }

    [Fact]
    public void TruncateAfter_BelowTheCommitIndex_BreaksAnInvariant()
    {
        var log = NewLog();
        log.Append(Entry(1, 1));
        log.Append(Entry(1, 2));
        log.CommitTo(new LogIndex(2));
        Assert.Throws<InvariantBrokenException>(() => log.TruncateAfter(new LogIndex(1)));
    }

    [Fact]
    public void LastWithTermAtMost_RandomTerms_AgreesWithALinearSearch()
    {
        var prng = new Prng(9);
        var log = NewLog();
        var term = 1UL;
        for (var i = 1UL; i <= 300; i++)
            log.Append(Entry(term += (ulong)prng.Below(2) * (ulong)prng.Below(3), i));
        for (var i = 0UL; i <= 310; i++)
        {
            var asked = new Term(prng.Below(term + 3));
            var expected = Math.Min(i, 300);
            while (expected > 0 && i <= 300 && log.TermAt(new LogIndex(expected)) > asked)
                expected--;
            Assert.Equal(new LogIndex(expected), log.LastWithTermAtMost(new LogIndex(i), asked));
        }
    }

    // an entry that was written, cut off and written again is on disk only when its last writing is.
    [Fact]
    public void Tail_EntryWrittenAgainAfterACut_IsNotPersistedByTheFirstWriting()
    {
        var log = NewLog();
        log.Append(Entry(1, 1));
        Take(log, sequence: 1);
        log.TruncateAfter(LogIndex.Zero);
        log.Append(Entry(2, 1));
        Take(log, sequence: 2);
        log.TruncateAfter(LogIndex.Zero);
        log.Append(Entry(3, 1));
        Take(log, sequence: 3);

        log.Tail.PersistedUpTo(new PersistMark(2));
        Assert.Equal(LogIndex.Zero, log.Tail.Persisted);
        log.Tail.PersistedUpTo(new PersistMark(3));
        Assert.Equal(new LogIndex(1), log.Tail.Persisted);
    }

    // R12, R-6: what is committed but not on this disk is not applied.
    [Fact]
    public void TakeEntriesToApply_CommittedButNotOnDisk_TakesNothing()
    {
        var log = NewLog();
        log.Append(Entry(1, 1));
        log.CommitTo(new LogIndex(1));
        Take(log, sequence: 1);
        var entries = new List<LogEntry>();

        log.TakeEntriesToApply(entries, bytesMax: 1000);
        Assert.Empty(entries);
        log.Tail.PersistedUpTo(new PersistMark(1));
        log.TakeEntriesToApply(entries, bytesMax: 1000);
        Assert.Single(entries);
    }

    private static void Take(RaftLog log, ulong sequence)
    {
        log.TakeEntriesToAppend([]);
        log.Tail.Await(new PersistMark(sequence), new HardState(new Term(1), MemberId.None, LogIndex.Zero));
    }

    private static void AppendBatch(Prng prng, RaftLog log, List<LogEntry> model, ulong term)
    {
        for (var i = prng.Below(60); i >= 0; i--)
        {
            var entry = Entry(term, log.LastIndex.Value + 1);
            log.Append(entry);
            model.Add(entry);
        }

        if (prng.Chance(1, 3))
            log.CommitTo(new LogIndex((ulong)prng.Between((long)log.Committed.Value, (long)log.LastIndex.Value)));
    }

    private static void ApplyAll(RaftLog log)
    {
        log.TakeEntriesToAppend([]);
        log.Tail.Await(new PersistMark(1), new HardState(default, default, LogIndex.Zero));
        log.Tail.PersistedUpTo(new PersistMark(1));
        log.TakeEntriesToApply([], long.MaxValue);
        log.AppliedTo(log.Applying);
        Assert.Equal(0, log.ApplyingBytes);
    }

    private static void AssertEqual(List<LogEntry> model, RaftLog log)
    {
        Assert.Equal((ulong)model.Count, log.LastIndex.Value);
        // The newest and a few others; all of them every time would be quadratic.
        for (var index = log.LastIndex.Value; index > log.StartIndex.Value; index -= Math.Min(index, 1 + (index / 7)))
        {
            Assert.Equal(model[(int)index - 1], log[new LogIndex(index)]);
            Assert.Equal(model[(int)index - 1].Term, log.TermAt(new LogIndex(index)));
        }

        Assert.Null(log.TermAt(log.LastIndex.Next));
        if (log.StartIndex.Value > 0)
            Assert.Null(log.TermAt(log.StartIndex.Previous));
    }

    private static RaftLog NewLog() => new(LogIndex.Zero, Term.Zero, []);

    private static LogEntry Entry(ulong term, ulong index) => new(new Term(term), new LogIndex(index), LogEntryKind.Command, ReadOnlyMemory<byte>.Empty);
}
