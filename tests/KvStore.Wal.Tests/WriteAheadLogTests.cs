using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Testing.Files;
using static KvStore.Wal.Tests.LogFixture;

namespace KvStore.Wal.Tests;

public sealed class WriteAheadLogTests
{
    private readonly LogFixture _fixture = new();

    [Fact]
    public void Open_EmptyDirectory_NewLogOfThisMember()
    {
        using var log = _fixture.Open();
        Assert.True(_fixture.Recovered.WasEmpty);
        Assert.Equal(Identity, _fixture.Recovered.Identity);
        Assert.Equal(new LogIndex(1), log.FirstIndex);
        Assert.Equal(LogIndex.Zero, log.LastIndex);
        Assert.Equal(4096, log.BytesOnDisk);
    }

    [Fact]
    public void Open_AfterSync_EverythingIsBack()
    {
        var entries = Entries(1, 30, term: 2);
        var log = _fixture.Open();
        log.Append(State(2, vote: 7, commit: 3), entries);
        log.Sync();
        var recovered = _fixture.Recover();
        Assert.Equal(State(2, vote: 7, commit: 3), recovered.HardState);
        AssertSame(entries, recovered.Entries);
        Assert.False(_fixture.Recovered.WasEmpty);
        Assert.Equal(0, _fixture.Recovered.RepairedBytes);
        Assert.Equal(Identity, _fixture.Recovered.Identity);
    }

    [Fact]
    public void Append_AtOrBelowLastIndex_OverwritesTheTail()
    {
        var log = _fixture.Open();
        log.Append(null, Entries(1, 5));
        log.Append(null, Entries(3, 1, term: 2));
        Assert.Equal(new LogIndex(3), log.LastIndex);
        log.Sync();
        AssertSame([.. Entries(1, 2), Entry(3, term: 2)], _fixture.Recover().Entries);
    }

    [Fact]
    public void Append_TailAcrossSegments_OverwrittenByALaterSegment()
    {
        var log = _fixture.Open();
        log.Append(null, Entries(1, 100));
        log.Append(null, Entries(20, 3, term: 2));
        log.Sync();
        Assert.True(_fixture.Segments().Length > 1);
        AssertSame([.. Entries(1, 19), .. Entries(20, 3, term: 2)], _fixture.Recover().Entries);
    }

    [Fact]
    public void Append_Gap_BreaksAnInvariant()
    {
        using var log = _fixture.Open();
        Assert.Throws<InvariantBrokenException>(() => log.Append(null, Entries(2, 1)));
        Assert.Throws<InvariantBrokenException>(() => log.Append(null, [Entry(1), Entry(3)]));
    }

    [Fact]
    public void Append_CommitAboveTheLog_BreaksAnInvariant()
    {
        using var log = _fixture.Open();
        Assert.Throws<InvariantBrokenException>(() => log.Append(State(1, commit: 1), []));
    }

    [Fact]
    public void Append_EveryKindAndEmptyData_Kept()
    {
        var log = _fixture.Open();
        LogEntry[] entries =
        [
            new(new Term(1), new LogIndex(1), LogEntryKind.Empty, default),
            new(new Term(1), new LogIndex(2), LogEntryKind.Membership, new byte[] { 9 }),
            new(new Term(1), new LogIndex(3), (LogEntryKind)200, new byte[] { 1, 2 }),
        ];
        log.Append(null, entries);
        log.Sync();
        AssertSame(entries, _fixture.Recover().Entries);
    }

    [Fact]
    public void Append_EntryLargerThanASegment_GetsASegmentOfItsOwn()
    {
        var log = _fixture.Open();
        LogEntry[] entries = [Entry(1), Entry(2, bytes: 20_000), Entry(3)];
        log.Append(null, entries);
        log.Sync();
        AssertSame(entries, _fixture.Recover().Entries);
        Assert.Equal(3, _fixture.Segments().Length);
    }

    [Fact]
    public void Sync_ManyAppends_OneSyncOfTheDisk()
    {
        _fixture.Options = _fixture.Options with { SegmentBytes = 1 << 20, BufferBytesMax = 1 << 20 };
        using var log = _fixture.Open();
        var syncs = _fixture.Disk.Syncs;
        var calls = _fixture.Disk.Calls;
        for (var i = 0; i < 50; i++)
            log.Append(State(1, commit: (ulong)i), Entries((ulong)i + 1, 1));
        log.Sync();
        log.Sync();
        Assert.Equal(1, _fixture.Disk.Syncs - syncs);
        Assert.Equal(2, _fixture.Disk.Calls - calls);
    }

    [Fact]
    public void MarkSnapshot_EntryInTheLog_TailStays()
    {
        var log = _fixture.Open();
        log.Append(State(1, commit: 6), Entries(1, 10));
        log.MarkSnapshot(new LogIndex(6), new Term(1), "abc"u8);
        Assert.Equal(new LogIndex(7), log.FirstIndex);
        Assert.Equal(new LogIndex(10), log.LastIndex);
        log.Sync();
        var recovered = _fixture.Recover();
        Assert.Equal(new LogIndex(6), recovered.MarkIndex);
        Assert.Equal("abc", recovered.Membership);
        AssertSame(Entries(7, 4), recovered.Entries);
    }

    [Theory]
    [InlineData(6UL, 2UL)]
    [InlineData(60UL, 1UL)]
    public void MarkSnapshot_EntryNotInTheLog_LogIsEmptyAfterIt(ulong index, ulong term)
    {
        var log = _fixture.Open();
        log.Append(null, Entries(1, 10));
        log.MarkSnapshot(new LogIndex(index), new Term(term), "m"u8);
        Assert.Equal(new LogIndex(index), log.LastIndex);
        log.Append(State(term, commit: index + 1), Entries(index + 1, 1, term));
        log.Sync();
        var recovered = _fixture.Recover();
        Assert.Equal(State(term, commit: index + 1), recovered.HardState);
        AssertSame(Entries(index + 1, 1, term), recovered.Entries);
    }

    [Fact]
    public void RemovePrefix_WholeSegments_GoneAndTheRestIsComplete()
    {
        var log = _fixture.Open();
        log.Append(State(3, vote: 5, commit: 150), Entries(1, 200, term: 3));
        log.Sync();
        var before = _fixture.Segments().Length;
        log.MarkSnapshot(new LogIndex(150), new Term(3), "m"u8);
        log.RemovePrefix(new LogIndex(120));
        Assert.True(_fixture.Segments().Length < before);
        Assert.Equal(_fixture.Segments().Sum(s => (long)_fixture.Disk.ReadAll(s).Length), log.BytesOnDisk);
        var recovered = _fixture.Recover();
        Assert.Equal(State(3, vote: 5, commit: 150), recovered.HardState);
        Assert.Equal(new LogIndex(150), recovered.MarkIndex);
        AssertSame(Entries(151, 50, term: 3), recovered.Entries);
    }

    [Fact]
    public void RemovePrefix_AboveTheMark_BreaksAnInvariant()
    {
        using var log = _fixture.Open();
        log.Append(null, Entries(1, 10));
        Assert.Throws<InvariantBrokenException>(() => log.RemovePrefix(new LogIndex(1)));
    }

    [Fact]
    public void Open_SegmentMissingInTheMiddle_Refused()
    {
        var log = _fixture.Open();
        log.Append(null, Entries(1, 300));
        log.Sync();
        var segments = _fixture.Segments();
        Assert.True(segments.Length > 3);
        _fixture.Disk.Kill();
        _fixture.Disk.Delete(segments[1]);
        Assert.Contains("missing", _fixture.OpenRefused(), StringComparison.Ordinal);
        // A refusal changes nothing: the evidence is still there.
        Assert.Equal(segments.Length - 1, _fixture.Segments().Length);
    }

    [Fact]
    public void Open_OtherIdentity_Refused()
    {
        _fixture.Open().Dispose();
        _fixture.Options = _fixture.Options with { Identity = new WalIdentity(Identity.Cluster, new MemberId(0xB2)) };
        Assert.Contains("member a1", _fixture.OpenRefused(), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WithoutIdentity_TakesTheRecordedOne()
    {
        _fixture.Open().Dispose();
        _fixture.Options = _fixture.Options with { Identity = null };
        _fixture.Open().Dispose();
        Assert.Equal(Identity, _fixture.Recovered.Identity);
    }

    // C8: an emptied directory must not quietly become a new log; the caller has to say that it wants one.
    [Fact]
    public void Open_WithoutIdentityNorLog_NotFound()
    {
        _fixture.Options = _fixture.Options with { Identity = null };
        Assert.Equal(StorageFailure.NotFound, Assert.Throws<StorageException>(() => _fixture.Open()).Failure);
        Assert.False(WriteAheadLog.Exists(_fixture.Disk, LogFixture.Directory));
    }

    // D12
    [Fact]
    public void Open_WhileOpen_Locked()
    {
        using var log = _fixture.Open();
        Assert.Equal(StorageFailure.Locked, Assert.Throws<StorageException>(() => _fixture.Open()).Failure);
    }

    [Fact]
    public void Append_SteadyState_AllocatesNothing()
    {
        var disk = new NullFileSystem();
        using var log = WriteAheadLog.Open(disk, "/wal", new WalOptions { Identity = Identity }, NoTrace.Instance, out _);
        var batch = new LogEntry[64];
        ulong next = 1;
        long allocated = 0;
        for (var round = 0; round < 200; round++)
        {
            for (var i = 0; i < batch.Length; i++)
                batch[i] = new LogEntry(new Term(1), new LogIndex(next++), LogEntryKind.Command, Payload);
            var before = GC.GetAllocatedBytesForCurrentThread();
            log.Append(new HardState(new Term(1), new MemberId(1), new LogIndex(next - 1)), batch);
            log.Sync();
            if (round >= 100)
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    private static readonly byte[] Payload = new byte[256];

    internal static void AssertSame(IReadOnlyList<LogEntry> expected, IReadOnlyList<LogEntry> actual)
    {
        Assert.Equal(expected.Select(e => (e.Index, e.Term, e.Kind)), actual.Select(e => (e.Index, e.Term, e.Kind)));
        for (var i = 0; i < expected.Count; i++)
            Assert.Equal(expected[i].Data.ToArray(), actual[i].Data.ToArray());
    }
}
