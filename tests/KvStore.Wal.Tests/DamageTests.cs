using static KvStore.Wal.Tests.LogFixture;

namespace KvStore.Wal.Tests;

/// <summary>D2, D10: damage to what was synced is refused with file and offset, never served and never repaired away.</summary>
public sealed class DamageTests
{
    /// <summary>D2: a wrong checksum with a later record that was written after a sync.</summary>
    [Fact]
    public void BadRecord_FollowedByLaterSyncedRecord_RefusedWithFileAndOffset()
    {
        var fixture = new LogFixture();
        var log = fixture.Open();
        var path = fixture.Segments()[0];
        log.Append(null, Entries(1, 1));
        log.Sync();
        var offset = (LastWritten(fixture.Disk.ReadAll(path)) + 7) / 8 * 8;
        log.Append(null, Entries(2, 1));
        log.Sync();
        log.Append(null, Entries(3, 1));
        log.Sync();
        fixture.Disk.FlipBit(path, offset + 20, 3);
        var refusal = fixture.OpenRefused();
        Assert.Contains(path, refusal, StringComparison.Ordinal);
        Assert.Contains($"offset {offset}:", refusal, StringComparison.Ordinal);
    }

    /// <summary>D2: even when the record was zeroed, which by itself looks like a torn write.</summary>
    [Fact]
    public void ZeroedRecord_FollowedByLaterSyncedRecord_Refused()
    {
        var fixture = new LogFixture();
        var log = fixture.Open();
        var path = fixture.Segments()[0];
        for (ulong i = 1; i <= 3; i++)
        {
            log.Append(null, Entries(i, 1, bytes: 600));
            log.Sync();
        }

        var content = fixture.Disk.ReadAll(path);
        content.AsSpan(800, 600).Clear();
        fixture.Disk.Kill();
        fixture.Disk.WriteAll(path, content);
        Assert.Contains("synced records are missing", fixture.OpenRefused(), StringComparison.Ordinal);
    }

    /// <summary>D2: in a segment that has a successor nothing is repaired.</summary>
    [Fact]
    public void EndOfEarlierSegment_Damaged_Refused()
    {
        var fixture = new LogFixture();
        var log = fixture.Open();
        log.Append(null, Entries(1, 150));
        log.Sync();
        var first = fixture.Segments()[0];
        fixture.Disk.FlipBit(first, fixture.Disk.ReadAll(first).Length - 20, 0);
        Assert.Contains(first, fixture.OpenRefused(), StringComparison.Ordinal);
    }

    /// <summary>D10: after a clean stop every flipped bit is refused, or lies in padding and changes nothing.</summary>
    [Fact]
    public void AnyBit_FlippedAfterCleanStop_RefusedOrHarmless()
    {
        var fixture = new LogFixture();
        var log = fixture.Open();
        log.Append(State(1, commit: 2), Entries(1, 3, bytes: 100));
        log.Sync();
        log.Append(State(2, commit: 4), Entries(4, 2, term: 2, bytes: 13));
        log.Sync();
        log.Dispose();
        var path = fixture.Segments()[0];
        var content = fixture.Disk.ReadAll(path);
        var expected = fixture.Recover().ToString();
        var harmless = 0;
        var end = EndBeforeCloseRecord(content);
        for (var bit = 0; bit < end * 8; bit++)
        {
            var damaged = content.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            fixture.Disk.WriteAll(path, damaged);
            if (IsRefused(fixture))
                continue;
            Assert.Equal(expected, LogModel.Of(fixture.Recovered).ToString());
            harmless++;
        }

        // Padding only: at most 7 bytes for each of the records.
        Assert.InRange(harmless, 0, 11 * 7 * 8);
    }

    /// <summary>D10: without a clean stop, damage to the last batch is refused or leaves a prefix of it, as a crash could have.</summary>
    [Fact]
    public void AnyBit_FlippedAfterCrash_RefusedOrPrefix()
    {
        var fixture = new LogFixture();
        var log = fixture.Open();
        var all = Entries(1, 12, bytes: 30);
        log.Append(State(1), all[..6]);
        log.Sync();
        log.Append(null, all[6..]);
        log.Sync();
        fixture.Disk.Kill();
        var path = fixture.Segments()[0];
        var content = fixture.Disk.ReadAll(path);
        for (var bit = 0; bit < LastWritten(content) * 8; bit++)
        {
            var damaged = content.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            fixture.Disk.WriteAll(path, damaged);
            if (IsRefused(fixture))
                continue;
            var entries = fixture.Recovered.Entries;
            Assert.InRange(entries.Count, 6, 12);
            WriteAheadLogTests.AssertSame(all[..entries.Count], entries);
        }
    }

    /// <summary>The committed index in the hard state is a witness against a log that became shorter.</summary>
    [Fact]
    public void CommittedEntry_Missing_Refused()
    {
        var fixture = new LogFixture();
        var log = fixture.Open();
        log.Append(State(1, commit: 3), Entries(1, 3));
        log.Sync();
        log.Append(null, Entries(2, 1, term: 2));
        log.Sync();
        Assert.Contains("below the committed index 3", fixture.OpenRefused(), StringComparison.Ordinal);
    }

    /// <summary>A segment of another member's log, or of another time, does not fit into this one.</summary>
    [Fact]
    public void ForeignSegment_InPlaceOfOurs_Refused()
    {
        var ours = new LogFixture();
        var theirs = new LogFixture();
        foreach (var (fixture, bytes) in new[] { (ours, 50), (theirs, 51) })
        {
            var log = fixture.Open();
            log.Append(null, Entries(1, 150, bytes: bytes));
            log.Sync();
            fixture.Disk.Kill();
        }

        var other = theirs.Segments()[1];
        ours.Disk.Delete(ours.Segments()[1]);
        ours.Disk.WriteAll(other, theirs.Disk.ReadAll(other));
        Assert.Contains("damaged", ours.OpenRefused(), StringComparison.Ordinal);
    }

    private static bool IsRefused(LogFixture fixture)
    {
        fixture.Disk.Kill();
        try
        {
            fixture.Open();
            return false;
        }
        catch (Platform.StorageException refusal)
        {
            Assert.Equal(Platform.StorageFailure.Corrupt, refusal.Failure);
            Assert.Contains("offset", refusal.Message, StringComparison.Ordinal);
            return true;
        }
        finally
        {
            fixture.Disk.Kill();
        }
    }

    private static int EndBeforeCloseRecord(byte[] content) => LastWritten(content) / 8 * 8 - 40;

    private static int LastWritten(byte[] content) => content.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
}
