using KvStore.Primitives;
using static KvStore.Wal.Tests.LogFixture;

namespace KvStore.Wal.Tests;

/// <summary>D1, D5: what a crash can leave behind the last synced record never stops a member and never reads as a record.</summary>
public sealed class TornTailTests
{
    private readonly LogFixture _fixture = new();

    /// <summary>D1: the last record is cut or zeroed from any byte on; everything before it, which is what was acknowledged, stays.</summary>
    [Theory]
    [InlineData(true, 10)]
    [InlineData(false, 10)]
    [InlineData(true, 1500)]
    [InlineData(false, 1500)]
    public void LastRecord_CutOrZeroedAtAnyByte_BootsWithEverythingBefore(bool cut, int lastBytes)
    {
        var (acknowledged, all, path, start, end) = LogWithLastRecord(lastBytes);
        for (var from = start; from < end; from++)
        {
            var content = all.ToArray();
            if (cut)
                content = content[..from];
            else
                content.AsSpan(from, end - from).Clear();
            _fixture.Disk.WriteAll(path, content);
            var recovered = _fixture.Recover();
            WriteAheadLogTests.AssertSame(acknowledged, recovered.Entries);
            // The repair is complete: the next process finds a clean end and room to write.
            var log = _fixture.Open();
            Assert.Equal(0, _fixture.Recovered.RepairedBytes);
            log.Append(null, Entries(11, 1, term: 2));
            log.Sync();
            WriteAheadLogTests.AssertSame([.. acknowledged, Entry(11, term: 2)], _fixture.Recover().Entries);
        }
    }

    /// <summary>D1 with disk sectors: any of the sectors of an un-synced batch may be there, in any combination.</summary>
    [Fact]
    public void UnsyncedBatch_AnySectorsMissing_BootsWithEverythingSynced()
    {
        for (ulong seed = 0; seed < 300; seed++)
        {
            var fixture = new LogFixture(seed, segmentBytes: 32 << 10);
            var log = fixture.Open();
            log.Append(State(1, commit: 5), Entries(1, 10));
            log.Sync();
            log.Append(State(1, commit: 12), Entries(11, 8, bytes: 700));
            var file = fixture.Disk;
            Flush(log);
            file.LosePower(Simulation.Disk.PowerLoss.KeepSome);
            var recovered = fixture.Recover();
            WriteAheadLogTests.AssertSame(Entries(1, 10), [.. recovered.Entries.Take(10)]);
            WriteAheadLogTests.AssertSame(Entries(11, recovered.Entries.Count - 10, bytes: 700), [.. recovered.Entries.Skip(10)]);
        }
    }

    // Writes without syncing: the buffer limit of the fixture is reached by one more entry, which is then lost.
    private static void Flush(WriteAheadLog log) => log.Append(null, Entries(19, 1, bytes: 8000));

    /// <summary>D5: preallocated zeros are no records.</summary>
    [Fact]
    public void PreallocatedSpace_NeverReadAsRecords()
    {
        _fixture.Open();
        var recovered = _fixture.Recover();
        Assert.Empty(recovered.Entries);
        Assert.Equal(0, _fixture.Recovered.RepairedBytes);
        Assert.Equal(4096, _fixture.Disk.ReadAll(_fixture.Segments()[0]).Length);
    }

    /// <summary>D5: a segment that got its name has its head; one that did not is removed.</summary>
    [Fact]
    public void UnfinishedSegment_Removed()
    {
        _fixture.Open();
        _fixture.Disk.WriteAll(LogFixture.Directory + "/0000000000000002-0000000000000001.wal.new", "half"u8);
        _fixture.Recover();
        Assert.DoesNotContain(_fixture.Disk.List(LogFixture.Directory), n => n.EndsWith(".new", StringComparison.Ordinal));
    }

    private (LogEntry[] Acknowledged, byte[] All, string Path, int Start, int End) LogWithLastRecord(int lastBytes)
    {
        var acknowledged = Entries(1, 10);
        var log = _fixture.Open();
        log.Append(State(1), acknowledged);
        log.Sync();
        var path = _fixture.Segments()[^1];
        var start = LastWritten(_fixture.Disk.ReadAll(path));
        log.Append(null, Entries(11, 1, bytes: lastBytes));
        log.Sync();
        _fixture.Disk.Kill();
        var all = _fixture.Disk.ReadAll(path);
        return (acknowledged, all, path, (start + 7) / 8 * 8, LastWritten(all));
    }

    private static int LastWritten(byte[] content) => content.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
}
