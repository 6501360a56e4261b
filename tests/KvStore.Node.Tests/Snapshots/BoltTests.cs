using KvStore.Node.Snapshots.Bolt;
using KvStore.Primitives;

namespace KvStore.Node.Tests.Snapshots;

public sealed class BoltTests
{
    /// <summary>Random buckets, from none to thousands of keys, small and larger than pages, come back as they went in.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Buckets_Written_AreReadBack(ulong seed)
    {
        var prng = new Prng(seed);
        var expected = new SortedDictionary<string, SortedDictionary<string, byte[]>>(StringComparer.Ordinal)
        {
            ["empty"] = [],
            ["large"] = Records(prng, 40, keyBytesMax: 3000, valueBytesMax: 20_000),
            ["many"] = Records(prng, 20_000, keyBytesMax: 40, valueBytesMax: 60),
            ["one"] = Records(prng, 1, keyBytesMax: 10, valueBytesMax: 10),
            ["wide"] = Records(prng, 300, keyBytesMax: 6000, valueBytesMax: 10),
        };
        var file = BoltFile.Open(new MemoryFile(Write(expected)), "test");
        Assert.Equal(expected.Keys, file.Buckets().Select(bucket => bucket.Name));
        foreach (var bucket in file.Buckets())
        {
            var left = expected[bucket.Name].GetEnumerator();
            for (var cursor = file.Scan(bucket); cursor.MoveNext();)
            {
                Assert.True(left.MoveNext());
                Assert.Equal(left.Current.Key, System.Text.Encoding.Latin1.GetString(cursor.Key));
                Assert.Equal(left.Current.Value, cursor.Value.ToArray());
            }

            Assert.False(left.MoveNext());
        }
    }

    private static byte[] Write(SortedDictionary<string, SortedDictionary<string, byte[]>> buckets)
    {
        var layout = default(BoltLayout);
        var bytes = Array.Empty<byte>();
        for (var run = 0; run < 2; run++)
        {
            var pages = new ByteWriter();
            var writer = new BoltWriter(pages, layout);
            foreach (var (name, records) in buckets)
            {
                writer.BeginBucket(System.Text.Encoding.Latin1.GetBytes(name));
                foreach (var (key, value) in records)
                    writer.Add(System.Text.Encoding.Latin1.GetBytes(key), value);
                writer.EndBucket();
            }

            layout = writer.Finish();
            bytes = pages.ToArray();
        }

        Assert.Equal(layout.Pages * 4096, (ulong)bytes.Length);
        return bytes;
    }

    private static SortedDictionary<string, byte[]> Records(Prng prng, int count, int keyBytesMax, int valueBytesMax)
    {
        var records = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        while (records.Count < count)
        {
            var value = new byte[prng.Below(valueBytesMax)];
            Array.Fill(value, (byte)records.Count);
            records[string.Concat(Enumerable.Range(0, 1 + prng.Below(keyBytesMax)).Select(_ => (char)prng.Below(256)))] = value;
        }

        return records;
    }
}
