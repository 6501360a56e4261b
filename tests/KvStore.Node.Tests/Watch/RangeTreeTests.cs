using System.Text;
using KvStore.Node.Watch;
using KvStore.Primitives;

namespace KvStore.Node.Tests.Watch;

/// <summary>The tree of ranges against a list: the same answers after any sequence of changes.</summary>
public sealed class RangeTreeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Stab_AfterRandomChanges_FindsWhatALinearSearchFinds(ulong seed)
    {
        var prng = new Prng(seed);
        var tree = new RangeTree(prng.Fork());
        var model = new List<WatchedRange>();
        for (var step = 0; step < 3000; step++)
        {
            if (prng.Chance(2, 5) && model.Count > 0)
            {
                var removed = model[prng.Below(model.Count)];
                model.Remove(removed);
                tree.Remove(removed);
            }
            else if (KeyRange.TryNormalize(Key(prng), prng.Chance(1, 8) ? [0] : Key(prng), out var range) && !range.IsSingleKey && tree.Find(range) is null)
            {
                model.Add(new WatchedRange(range));
                tree.Add(model[^1]);
            }

            Assert.Equal(model.Count, tree.Count);
            var key = Key(prng);
            var hits = new List<WatchedRange>();
            tree.Stab(key, hits);
            Assert.Equal(
                model.Where(item => item.Range.From.AsSpan().SequenceCompareTo(key) <= 0 && item.Range.EndsAfter(key)).ToHashSet(),
                hits.ToHashSet());
            Assert.Equal(hits.Count, hits.Distinct().Count());
        }
    }

    [Fact]
    public void Find_ReturnsTheRangeThatWasAdded()
    {
        var tree = new RangeTree(new Prng(1));
        KeyRange.TryNormalize("a"u8, "b"u8, out var range);
        KeyRange.TryNormalize("a"u8, "\0"u8, out var open);
        var watched = new WatchedRange(range);
        tree.Add(watched);
        Assert.Same(watched, tree.Find(range));
        Assert.Null(tree.Find(open));
        tree.Remove(watched);
        Assert.Null(tree.Find(range));
    }

    [Fact]
    public void Comparer_GivesEqualKeysEqualHashes_WhateverTheirForm()
    {
        var comparer = new KeyComparer(99);
        foreach (var text in new[] { "", "a", "1234567", "12345678", "123456789", "0123456789abcdef" })
        {
            var key = Encoding.UTF8.GetBytes(text);
            Assert.Equal(comparer.GetHashCode(key), comparer.GetHashCode((ReadOnlySpan<byte>)key));
            Assert.True(comparer.Equals(key, [.. key]));
        }

        Assert.NotEqual(comparer.GetHashCode("a"u8), new KeyComparer(100).GetHashCode("a"u8));
    }

    private static byte[] Key(Prng prng)
    {
        var key = new byte[1 + prng.Below(3)];
        for (var i = 0; i < key.Length; i++)
            key[i] = (byte)prng.Between('a', 'e');
        return key;
    }
}
