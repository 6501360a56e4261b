using System.Buffers.Binary;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.RocksDb.Tests;

/// <summary>
/// A store whose content is a function of one number: batch n puts key n, deletes key n − 50 and sets the counter. So a prefix of
/// the batches can be told from everything else.
/// </summary>
internal static class NumberedBatches
{
    private const int Kept = 50;

    public static void WriteUntilKilled(string directory, int flushEvery, TextWriter report)
    {
        using var store = RocksOrderedStore.Open(directory, RocksOrderedStoreContractTests.Small);
        var batch = new StoreBatch();
        for (var number = Last(store) + 1; ; number++)
        {
            batch.Clear();
            batch.Put(Key(number), Value(number));
            batch.Delete(Key(number - Kept));
            batch.Put("n"u8, Key(number));
            store.Write(batch);
            if (number % flushEvery != 0)
                continue;
            report.WriteLine($"flushing {number}");
            report.Flush();
            store.Flush();
            report.WriteLine($"flushed {number}");
            report.Flush();
        }
    }

    /// <summary>Asserts that the store is what it was after some batch, and returns that batch's number.</summary>
    public static int AssertIsAPrefix(IOrderedStore store)
    {
        var last = Last(store);
        using var scan = store.Scan("k"u8, "l"u8);
        for (var number = Math.Max(1, last - Kept + 1); number <= last; number++)
        {
            Assert.True(scan.MoveNext());
            Assert.True(scan.Key.SequenceEqual(Key(number)));
            Assert.True(scan.Value.SequenceEqual(Value(number)));
        }

        Assert.False(scan.MoveNext());
        return last;
    }

    private static int Last(IOrderedStore store)
    {
        var counter = new ByteWriter();
        return store.TryGet("n"u8, counter) ? BinaryPrimitives.ReadInt32BigEndian(counter.WrittenSpan[1..]) : 0;
    }

    private static byte[] Key(int number)
    {
        var key = new byte[5];
        key[0] = (byte)'k';
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(1), number);
        return key;
    }

    private static byte[] Value(int number)
    {
        var value = new byte[256 + (number % 1000)];
        new Prng((ulong)number).Fill(value);
        return value;
    }
}
