using KvStore.Mvcc.Tests.Support;
using KvStore.Primitives;
using KvStore.Simulation.Store;

namespace KvStore.Mvcc.Tests.Index;

/// <summary>The tree at a size with several levels: it grows and shrinks by whole levels, and every rule of its nodes holds on the way.</summary>
public sealed class IndexTreeTests
{
    private const int Keys = 20_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Tree_FilledAndEmptied_KeepsItsRulesAndReturnsItsMemory(bool inOrder)
    {
        var prng = new Prng(3);
        var store = MvccStore.Open(new SimulatedStoreProvider(prng.Fork(), new SimulatedStoreOptions()).Open("db"), new MvccOptions(), new SilentTrace());
        var keys = MakeKeys(prng, inOrder);
        for (var i = 0; i < Keys;)
        {
            store.Writer.BeginTxn();
            for (var until = Math.Min(i + 500, Keys); i < until; i++)
                store.Writer.Put(keys[i], "v"u8, LeaseId.None);
            store.Writer.EndTxn();
            store.Writer.Commit();
            Audit(store, expected: i);
        }

        Assert.InRange(store.State.Tree.Root.Height, 2, 3);
        if (!inOrder)
            Shuffle(keys, prng);
        for (var i = 0; i < Keys;)
        {
            store.Writer.BeginTxn();
            for (var until = Math.Min(i + 1000, Keys); i < until; i++)
                Assert.Single(store.Writer.DeleteRange(keys[i], []));
            store.Writer.EndTxn();
            store.Writer.BeginTxn();
            store.Writer.Put("marker"u8, "v"u8, LeaseId.None);
            store.Writer.EndTxn();
            store.Writer.ScheduleCompact(store.Writer.Current);
            store.Writer.Commit();
            while (store.Sweep.Next(300) == SweepProgress.More)
            {
            }

            Audit(store, expected: Keys - i + 1);
        }

        store.Writer.Commit();
        Assert.Equal((1, 0, 1), (store.State.Slabs.Leaves.Used, store.State.Slabs.Inners.Used, store.State.Slabs.Records.Used));
    }

    private static void Audit(MvccStore store, int expected)
    {
        IndexAudit.Of(store.State.Slabs, store.State.Tree.Root);
        using var view = store.OpenView();
        Assert.Equal(expected, view.Count([0], [0], Revision.Zero));
    }

    private static byte[][] MakeKeys(Prng prng, bool inOrder)
    {
        var keys = new SortedSet<byte[]>(ByteOrder.Instance);
        while (keys.Count < Keys)
        {
            var key = new byte[20];
            prng.Fill(key.AsSpan(16));
            "/registry/x/"u8.CopyTo(key);
            key[12] = (byte)prng.Below(4);
            keys.Add(key);
        }

        var made = keys.ToArray();
        if (!inOrder)
            Shuffle(made, prng);
        return made;
    }

    private static void Shuffle(byte[][] keys, Prng prng)
    {
        for (var i = keys.Length - 1; i > 0; i--)
        {
            var j = prng.Below(i + 1);
            (keys[i], keys[j]) = (keys[j], keys[i]);
        }
    }
}
