using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Testing.Contracts;

/// <summary>The dumb model of an ordered store: a sorted dictionary, and batches that change both alike.</summary>
public static class OrderedStoreModel
{
    public static IComparer<byte[]> ByBytes { get; } = Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right));

    /// <summary>Makes a batch of a few random records and applies it to the model.</summary>
    public static StoreBatch RandomBatch(Prng prng, SortedDictionary<byte[], byte[]> model)
    {
        var batch = new StoreBatch();
        for (var record = prng.Below(20); record >= 0; record--)
        {
            var key = RandomKey(prng);
            if (prng.Chance(1, 4))
                Delete(model, batch, key);
            else
                Put(prng, model, batch, key);
        }

        return batch;
    }

    public static void AssertEqual(SortedDictionary<byte[], byte[]> model, IOrderedStore store, Prng prng)
    {
        using (var scan = store.Scan([], []))
        {
            foreach (var (key, value) in model)
            {
                Assert.True(scan.MoveNext());
                Assert.True(scan.Key.SequenceEqual(key));
                Assert.True(scan.Value.SequenceEqual(value));
            }

            Assert.False(scan.MoveNext());
        }

        var destination = new ByteWriter();
        for (var probe = 0; probe < 50; probe++)
        {
            var key = RandomKey(prng);
            destination.Clear();
            Assert.Equal(model.TryGetValue(key, out var value), store.TryGet(key, destination));
            Assert.True(destination.WrittenSpan.SequenceEqual(value));
        }
    }

    private static void Put(Prng prng, SortedDictionary<byte[], byte[]> model, StoreBatch batch, byte[] key)
    {
        var value = new byte[prng.Chance(1, 10) ? prng.Below(20_000) : prng.Below(300)];
        prng.Fill(value);
        batch.Put(key, value);
        model[key] = value;
    }

    private static void Delete(SortedDictionary<byte[], byte[]> model, StoreBatch batch, byte[] key)
    {
        batch.Delete(key);
        model.Remove(key);
    }

    // Few distinct bytes and lengths, so that keys meet again and are prefixes of each other.
    private static byte[] RandomKey(Prng prng)
    {
        var key = new byte[1 + prng.Below(3)];
        for (var index = 0; index < key.Length; index++)
            key[index] = (byte)(prng.Below(8) * 36);
        return key;
    }
}
