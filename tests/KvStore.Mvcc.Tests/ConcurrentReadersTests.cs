using System.Buffers.Binary;
using KvStore.Mvcc.Tests.Support;
using KvStore.Primitives;
using KvStore.Simulation.Store;

namespace KvStore.Mvcc.Tests;

/// <summary>
/// Readers on real threads while the writer writes, deletes, compacts and reclaims. The data carries its own proof: all keys are
/// written in one transaction with one number, so a view must see one number everywhere, and the number that belongs to its revision.
/// </summary>
public sealed class ConcurrentReadersTests
{
    private const int Keys = 300;
    private const int Rounds = 200;

    /// <summary>M14, and the reclaim of nodes, records, key bytes and revisions under readers.</summary>
    [Fact]
    public async Task Views_ReadWhileTheWriterRuns_SeeOneWholeTransaction()
    {
        var store = MvccStore.Open(new SimulatedStoreProvider(new Prng(5), new SimulatedStoreOptions()).Open("db"), new MvccOptions(), new SilentTrace());
        WriteRound(store, round: 0);
        var done = new ManualResetEventSlim();
        var readers = Enumerable.Range(0, 3).Select(i => Task.Factory.StartNew(
            () => ReadUntil(store, done, new Prng((ulong)i)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        var prng = new Prng(99);
        for (var round = 1; round <= Rounds && !readers.Any(reader => reader.IsFaulted); round++)
        {
            WriteRound(store, round);
            if (round % 5 == 0)
                Compact(store, prng.Between(store.Writer.Compacted.Value + 1, store.Writer.Current.Value));
            store.Sweep.Next(500);
        }

        done.Set();
        var reads = await Task.WhenAll(readers);
        Assert.All(reads, count => Assert.True(count > 0));
        SweepToEnd(store);
        Assert.False(store.HasOpenViews);
        store.Writer.Commit();
        var audit = IndexAudit.Of(store.State.Slabs, store.State.Tree.Root);
        Assert.Equal(audit.Records, store.State.Slabs.Records.Used);
        Assert.Equal(audit.Leaves, store.State.Slabs.Leaves.Used);
        Assert.Equal(audit.Inners, store.State.Slabs.Inners.Used);
    }

    private static void WriteRound(MvccStore store, int round)
    {
        var value = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(value, round);
        store.Writer.BeginTxn();
        // Every round has keys of its own, so that the tree grows, shrinks, splits and joins under the readers.
        store.Writer.DeleteRange([0], [0]);
        for (var i = 0; i < Keys; i++)
            store.Writer.Put(KeyOf(i, round), value, LeaseId.None);
        store.Writer.EndTxn();
        store.Writer.Commit();
    }

    private static byte[] KeyOf(int i, int round)
    {
        var key = new byte[12];
        BinaryPrimitives.WriteInt32BigEndian(key, i);
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(4), round % 7);
        return key;
    }

    private static void Compact(MvccStore store, long revision)
    {
        store.Writer.ScheduleCompact(new Revision(revision));
        store.Writer.Commit();
    }

    private static void SweepToEnd(MvccStore store)
    {
        while (store.Sweep.Next(10_000) != SweepProgress.Idle)
        {
        }
    }

    private static int ReadUntil(MvccStore store, ManualResetEventSlim done, Prng prng)
    {
        var pair = new ByteWriter();
        var reads = 0;
        while (!done.IsSet)
        {
            using var view = store.OpenView();
            for (var again = 1 + prng.Below(4); again > 0; again--)
            {
                // A round is one transaction: the empty store is at 1, round 0 made revision 2.
                var at = prng.Between(Math.Max(2, view.Compacted.Value), view.Current.Value);
                ReadAt(view, at, pair);
                reads++;
            }
        }

        return reads;
    }

    private static void ReadAt(MvccView view, long at, ByteWriter pair)
    {
        var revision = new Revision(at);
        Assert.Equal(Keys, view.Count([0], [0], revision));
        var round = (int)at - 2;
        var seen = 0;
        for (var cursor = view.Seek([0], [0], revision); cursor.MoveNext(); seen++)
        {
            Assert.True(cursor.Key.SequenceEqual(KeyOf(seen, round)));
            Assert.Equal(at, cursor.Meta.Modified.Main.Value);
            if (seen % 50 != 0)
                continue;
            pair.Clear();
            view.CopyKeyValue(cursor.Meta, pair);
            var stored = Protocol.Mvcc.KeyValue.Parser.ParseFrom(pair.WrittenSpan);
            Assert.Equal(round, BinaryPrimitives.ReadInt32BigEndian(stored.Value.Span));
            Assert.True(view.TryGet(KeyOf(seen, round), revision, out var meta));
            Assert.Equal(cursor.Meta, meta);
        }

        Assert.Equal(Keys, seen);
    }
}
