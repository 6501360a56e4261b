using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Wal.Segments;
using static KvStore.Wal.Tests.LogFixture;

namespace KvStore.Wal.Tests;

/// <summary>
/// D8, CVE-2020-15106, CVE-2020-15112: any bytes in a segment lead to a recovery with contiguous indexes or to a refusal, never to
/// another exception and never to more memory than the file justifies.
/// </summary>
public sealed class DecoderFuzzTests
{
    [Fact]
    public void Open_MutatedSegment_RecoversOrRefuses()
    {
        var fixture = new LogFixture();
        var log = fixture.Open();
        log.Append(State(1, commit: 2), Entries(1, 4, bytes: 60));
        log.Sync();
        log.MarkSnapshot(new LogIndex(2), new Term(1), "m"u8);
        log.Append(State(2), Entries(5, 4, term: 2, bytes: 60));
        log.Sync();
        fixture.Disk.Kill();
        var path = fixture.Segments()[0];
        var content = fixture.Disk.ReadAll(path);
        var prng = new Prng(42);
        for (var i = 0; i < 4000; i++)
            OpenAny(fixture, path, Mutated(content, prng));
    }

    /// <summary>The checksum is no secret: records that are well formed but contradict each other are refused as well.</summary>
    [Fact]
    public void Open_ValidRecordsThatContradict_Refused()
    {
        var prng = new Prng(7);
        var fixture = new LogFixture();
        fixture.Open();
        fixture.Disk.Kill();
        var path = fixture.Segments()[0];
        for (var i = 0; i < 3000; i++)
            OpenAny(fixture, path, Forged(prng));
    }

    [Fact]
    public void Open_RandomBytes_RecoversOrRefuses()
    {
        var prng = new Prng(9);
        var fixture = new LogFixture();
        fixture.Open();
        fixture.Disk.Kill();
        var path = fixture.Segments()[0];
        for (var i = 0; i < 500; i++)
        {
            var bytes = new byte[prng.Below(3000)];
            prng.Fill(bytes);
            OpenAny(fixture, path, bytes);
        }
    }

    private static void OpenAny(LogFixture fixture, string path, byte[] content)
    {
        fixture.Disk.WriteAll(path, content);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            fixture.Open();
            var next = fixture.Recovered.Start.Index.Next;
            foreach (var entry in fixture.Recovered.Entries)
            {
                Assert.Equal(next, entry.Index);
                next = next.Next;
            }
        }
        catch (StorageException refusal)
        {
            Assert.Equal(StorageFailure.Corrupt, refusal.Failure);
        }
        finally
        {
            fixture.Disk.Kill();
        }

        // The simulated disk copies what it is given (segment, head of the next one); the decoder itself stays within the file.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20 * (content.Length + 4096) + (256 << 10));
    }

    private static byte[] Mutated(byte[] content, Prng prng)
    {
        var mutated = content.ToArray();
        for (var n = prng.Below(4); n >= 0; n--)
        {
            var at = prng.Below(mutated.Length);
            switch (prng.Below(4))
            {
                case 0:
                    mutated[at] ^= (byte)(1 << prng.Below(8));
                    break;
                case 1:
                    prng.Fill(mutated.AsSpan(at, Math.Min(8, mutated.Length - at)));
                    break;
                case 2:
                    mutated.AsSpan(at).Clear();
                    break;
                default:
                    mutated = mutated[..(at + 1)];
                    break;
            }
        }

        return mutated;
    }

    private static byte[] Forged(Prng prng)
    {
        var buffer = new RecordBuffer();
        buffer.StartAt(1, 0, 0);
        buffer.AddHead(new LogIndex(1), Identity, 0);
        for (var n = prng.Below(12); n > 0; n--)
        {
            switch (prng.Below(5))
            {
                case 0:
                    buffer.AddHardState(State((ulong)prng.Below(3), 1, (ulong)prng.Below(6)), 0);
                    break;
                case 1:
                    var index = prng.Chance(1, 20) ? prng.NextUInt64() : (ulong)prng.Below(4);
                    buffer.AddMark(new WalMark(new LogIndex(index), new Term(1), default), prng.Chance(1, 2), 0);
                    break;
                case 2 when prng.Chance(1, 4):
                    buffer.AddSeal(0);
                    break;
                default:
                    buffer.AddEntry(Entry(prng.Chance(1, 20) ? prng.NextUInt64() : (ulong)prng.Below(6), (ulong)prng.Below(3)), 0);
                    break;
            }
        }

        return [.. buffer.Bytes, .. new byte[prng.Below(600)]];
    }
}
