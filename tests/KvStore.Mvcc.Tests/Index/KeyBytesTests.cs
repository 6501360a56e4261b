using KvStore.Mvcc.Index;
using KvStore.Primitives;

namespace KvStore.Mvcc.Tests.Index;

public sealed class KeyBytesTests
{
    /// <summary>Keys of all sizes come and go, the very large ones too; every one reads back, and the memory is used again.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void KeyBytes_AddedAndFreedAtRandom_ReadBackAndAreReused(ulong seed)
    {
        var prng = new Prng(seed);
        var bytes = new KeyBytes();
        var live = new List<(uint Reference, byte[] Key)>();
        for (var step = 0; step < 20_000; step++)
        {
            if (live.Count > 0 && prng.Chance(live.Count, 400))
            {
                var index = prng.Below(live.Count);
                Assert.True(bytes[live[index].Reference].SequenceEqual(live[index].Key));
                bytes.Free(live[index].Reference);
                live.RemoveAt(index);
                continue;
            }

            var key = new byte[prng.Below(200) switch { 0 => prng.Below(1 << 19), < 5 => prng.Below(1 << 14), _ => 1 + prng.Below(600) }];
            prng.Fill(key);
            live.Add((bytes.Add(key), key));
            Assert.NotEqual(0u, live[^1].Reference);
        }

        Assert.Equal(live.Count, live.Select(entry => entry.Reference).Distinct().Count());
        Assert.All(live, entry => Assert.True(bytes[entry.Reference].SequenceEqual(entry.Key)));
        var capacity = bytes.CapacityBytes;
        Assert.InRange(capacity, bytes.UsedBytes, 64 << 20);
        foreach (var (reference, _) in live)
            bytes.Free(reference);
        Assert.Equal(0, bytes.UsedBytes);
    }

    /// <summary>The first key may be one that needs an array of its own; reference 0 stays "no key".</summary>
    [Fact]
    public void KeyBytes_FirstKeyIsHuge_HasAReference()
    {
        var bytes = new KeyBytes();
        var key = new byte[2 << 20];
        key[^1] = 7;
        var reference = bytes.Add(key);
        Assert.NotEqual(0u, reference);
        Assert.True(bytes[reference].SequenceEqual(key));
        bytes.Free(reference);
        var again = bytes.Add(key);
        Assert.Equal(reference, again);
    }
}
