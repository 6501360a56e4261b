using System.Text;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Testing.Contracts;

/// <summary>What every ordered store must do. Run on the real one and on the simulated one, so that the simulator does not lie.</summary>
public abstract class OrderedStoreContract
{
    protected abstract IOrderedStoreProvider Provider { get; }

    /// <summary>A directory nobody has used yet; its parent exists.</summary>
    protected abstract string NewDirectory();

    [Fact]
    public void TryGet_KeyNeverWritten_AppendsNothing()
    {
        using var store = Provider.Open(NewDirectory());
        var destination = new ByteWriter();
        Assert.False(store.TryGet("absent"u8, destination));
        Assert.Equal(0, destination.WrittenCount);
    }

    [Fact]
    public void TryGet_KeyWritten_AppendsBehindWhatIsThere()
    {
        using var store = Provider.Open(NewDirectory());
        Put(store, "a", "1");
        var destination = new ByteWriter();
        destination.Write("before:"u8);
        Assert.True(store.TryGet("a"u8, destination));
        Assert.Equal("before:1", Encoding.UTF8.GetString(destination.WrittenSpan));
    }

    [Fact]
    public void TryGet_EmptyValue_IsThereAndEmpty()
    {
        using var store = Provider.Open(NewDirectory());
        Put(store, "a", "");
        Assert.Equal("", Get(store, "a"));
    }

    [Fact]
    public void TryGet_LargeValue_ComesBackWhole()
    {
        using var store = Provider.Open(NewDirectory());
        var value = new byte[3 << 20];
        new Prng(1).Fill(value);
        var batch = new StoreBatch();
        batch.Put("large"u8, value);
        store.Write(batch);
        store.Flush();
        var destination = new ByteWriter();
        Assert.True(store.TryGet("large"u8, destination));
        Assert.True(destination.WrittenSpan.SequenceEqual(value));
    }

    [Fact]
    public void Write_SeveralRecordsOfOneKey_TheLastCounts()
    {
        using var store = Provider.Open(NewDirectory());
        var batch = new StoreBatch();
        batch.Put("a"u8, "1"u8);
        batch.Put("a"u8, "2"u8);
        batch.Put("b"u8, "1"u8);
        batch.Delete("b"u8);
        batch.Delete("c"u8);
        batch.Put("c"u8, "1"u8);
        store.Write(batch);
        Assert.Equal("a=2 c=1", All(store));
    }

    [Fact]
    public void Write_EmptyBatch_ChangesNothing()
    {
        using var store = Provider.Open(NewDirectory());
        Put(store, "a", "1");
        store.Write(new StoreBatch());
        Assert.Equal("a=1", All(store));
    }

    [Fact]
    public void Write_BatchUsedAgainAfterClear_HoldsOnlyTheNewRecords()
    {
        using var store = Provider.Open(NewDirectory());
        var batch = new StoreBatch();
        batch.Put("a"u8, "1"u8);
        store.Write(batch);
        batch.Clear();
        batch.Delete("a"u8);
        batch.Put("b"u8, "2"u8);
        store.Write(batch);
        Assert.Equal("b=2", All(store));
    }

    [Fact]
    public void Scan_Keys_InOrderOfUnsignedBytes()
    {
        using var store = Provider.Open(NewDirectory());
        byte[][] keys = [[0x00], [0x00, 0x00], [0x7f], [0x80], [0x80, 0xff], [0xff], [0xff, 0x00], [0xff, 0xff]];
        foreach (var index in new[] { 5, 2, 7, 0, 3, 6, 1, 4 })
        {
            var batch = new StoreBatch();
            batch.Put(keys[index], keys[index]);
            store.Write(batch);
        }

        var seen = new List<byte[]>();
        using (var scan = store.Scan([], []))
        {
            while (scan.MoveNext())
            {
                Assert.True(scan.Key.SequenceEqual(scan.Value));
                seen.Add(scan.Key.ToArray());
            }
        }

        Assert.Equal(keys, seen);
    }

    [Fact]
    public void Scan_Bounds_LowerIncludedUpperExcluded()
    {
        using var store = Provider.Open(NewDirectory());
        foreach (var key in new[] { "a", "b", "b1", "c" })
            Put(store, key, "1");
        Assert.Equal("b=1 b1=1", Text(store.Scan("b"u8, "c"u8)));
        Assert.Equal("b1=1 c=1", Text(store.Scan("b0"u8, "d"u8)));
        Assert.Equal("b=1 b1=1 c=1", Text(store.Scan("b"u8, [])));
        Assert.Equal("", Text(store.Scan("b"u8, "b"u8)));
        Assert.Equal("", Text(store.Scan("c"u8, "b"u8)));
        Assert.Equal("", Text(store.Scan("d"u8, [])));
        Assert.Equal("b=1 b1=1", Text(store.ScanAhead("b"u8, "c"u8)));
        Assert.Equal("", Text(store.ScanAhead("d"u8, [])));
    }

    [Fact]
    public void Scan_WritesAfterItWasOpened_AreNotSeen()
    {
        using var store = Provider.Open(NewDirectory());
        foreach (var key in new[] { "a", "b", "c" })
            Put(store, key, "old");
        var scan = store.Scan([], []);
        var batch = new StoreBatch();
        batch.Delete("b"u8);
        batch.Delete("c"u8);
        batch.Put("a"u8, "new"u8);
        batch.Put("bb"u8, "new"u8);
        store.Write(batch);
        store.Flush();
        Assert.Equal("a=old b=old c=old", Text(scan));
        Assert.Equal("a=new bb=new", All(store));
    }

    [Fact]
    public void Scan_AtItsEnd_StaysThere()
    {
        using var store = Provider.Open(NewDirectory());
        Put(store, "a", "1");
        using var scan = store.Scan([], []);
        Assert.True(scan.MoveNext());
        Assert.False(scan.MoveNext());
        Assert.False(scan.MoveNext());
    }

    [Fact]
    public void Flush_ThenReopened_EverythingIsThere()
    {
        var directory = NewDirectory();
        using (var store = Provider.Open(directory))
        {
            Put(store, "a", "1");
            Put(store, "b", "2");
            store.Flush();
            store.Flush();
        }

        using var reopened = Provider.Open(directory);
        Assert.Equal("a=1 b=2", All(reopened));
    }

    [Fact]
    public void Open_StoreOpenAlready_IsRefusedAsLocked()
    {
        var directory = NewDirectory();
        using var store = Provider.Open(directory);
        var refused = Assert.Throws<StorageException>(() => Provider.Open(directory));
        Assert.Equal(StorageFailure.Locked, refused.Failure);
        Put(store, "a", "1");
        Assert.Equal("a=1", All(store));
    }

    [Fact]
    public void Open_TwoDirectories_AreTwoStores()
    {
        using var one = Provider.Open(NewDirectory());
        using var two = Provider.Open(NewDirectory());
        Put(one, "a", "1");
        Put(two, "b", "2");
        Assert.Equal("a=1", All(one));
        Assert.Equal("b=2", All(two));
    }

    [Fact]
    public void Checkpoint_OfUnflushedStore_IsCompleteAndOfItsOwn()
    {
        var copy = NewDirectory();
        using var store = Provider.Open(NewDirectory());
        Put(store, "a", "1");
        store.Flush();
        Put(store, "b", "2");
        store.Checkpoint(copy);
        Put(store, "c", "3");
        using var opened = Provider.Open(copy);
        Put(opened, "d", "4");
        Assert.Equal("a=1 b=2 d=4", All(opened));
        Assert.Equal("a=1 b=2 c=3", All(store));
    }

    [Fact]
    public void Checkpoint_OfEmptyStore_OpensEmpty()
    {
        var copy = NewDirectory();
        using var store = Provider.Open(NewDirectory());
        store.Checkpoint(copy);
        using var opened = Provider.Open(copy);
        Assert.Equal("", All(opened));
    }

    [Fact]
    public void Checkpoint_DirectoryExists_IsRefusedAndLeavesItAlone()
    {
        var taken = NewDirectory();
        using (var other = Provider.Open(taken))
        {
            Put(other, "other", "1");
            other.Flush();
        }

        using var store = Provider.Open(NewDirectory());
        Put(store, "a", "1");
        Assert.Throws<StorageException>(() => store.Checkpoint(taken));
        using var untouched = Provider.Open(taken);
        Assert.Equal("other=1", All(untouched));
    }

    [Fact]
    public void Destroy_ClosedStore_NextOpenIsEmpty()
    {
        var directory = NewDirectory();
        using (var store = Provider.Open(directory))
        {
            Put(store, "a", "1");
            store.Flush();
        }

        Provider.Destroy(directory);
        using var reopened = Provider.Open(directory);
        Assert.Equal("", All(reopened));
    }

    [Fact]
    public void Destroy_NoStoreThere_DoesNothing() => Provider.Destroy(NewDirectory());

    [Fact]
    public void Destroy_OpenStore_IsRefusedAndHarmless()
    {
        var directory = NewDirectory();
        using var store = Provider.Open(directory);
        Put(store, "a", "1");
        store.Flush();
        var refused = Assert.Throws<StorageException>(() => Provider.Destroy(directory));
        Assert.Equal(StorageFailure.Locked, refused.Failure);
        Assert.Equal("a=1", All(store));
    }

    [Fact]
    public void Sizes_AfterAWrite_CountIt()
    {
        using var store = Provider.Open(NewDirectory());
        var before = store.Sizes;
        var batch = new StoreBatch();
        batch.Put("a"u8, new byte[1 << 20]);
        store.Write(batch);
        Assert.True(store.Sizes.TotalBytes >= before.TotalBytes + (1 << 20));
        Assert.True(store.Sizes.LiveBytes >= before.LiveBytes + (1 << 20));
    }

    [Fact]
    public void Dispose_Twice_AndUseAfterwards_IsRefused()
    {
        var store = Provider.Open(NewDirectory());
        Put(store, "a", "1");
        store.Dispose();
        store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Put(store, "b", "2"));
        Assert.Throws<ObjectDisposedException>(() => store.TryGet("a"u8, new ByteWriter()));
        Assert.Throws<ObjectDisposedException>(() => store.Scan([], []));
        Assert.Throws<ObjectDisposedException>(store.Flush);
    }

    /// <summary>Goal: readers on other threads see whole batches in the order they were written. Each batch writes its number under two keys.</summary>
    [Fact]
    public void Scan_BesideAWriter_SeesWholeBatches()
    {
        using var store = Provider.Open(NewDirectory());
        const int BatchesMax = 2000;
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(() => ReadUntil(store, BatchesMax), TaskCreationOptions.LongRunning)).ToArray();
        var batch = new StoreBatch();
        for (var number = 1; number <= BatchesMax; number++)
        {
            batch.Clear();
            batch.Put("x"u8, BitConverter.GetBytes(number));
            batch.Put("y"u8, BitConverter.GetBytes(number));
            store.Write(batch);
        }

        Task.WaitAll(readers);
    }

    /// <summary>Method: random batches against a plain sorted map, with flushes and reopenings between, compared in full and by point.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Store_RandomBatches_EqualsTheModel(int seed)
    {
        var prng = new Prng((ulong)seed);
        var directory = NewDirectory();
        var model = new SortedDictionary<byte[], byte[]>(OrderedStoreModel.ByBytes);
        var store = Provider.Open(directory);
        for (var round = 0; round < 150; round++)
        {
            store.Write(OrderedStoreModel.RandomBatch(prng, model));
            if (prng.Chance(1, 10))
                store.Flush();
            if (prng.Chance(1, 25))
            {
                store.Flush();
                store.Dispose();
                store = Provider.Open(directory);
            }

            if (prng.Chance(1, 5))
                OrderedStoreModel.AssertEqual(model, store, prng);
        }

        OrderedStoreModel.AssertEqual(model, store, prng);
        store.Dispose();
    }

    protected static void Put(IOrderedStore store, string key, string value)
    {
        var batch = new StoreBatch();
        batch.Put(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));
        store.Write(batch);
    }

    protected static string? Get(IOrderedStore store, string key)
    {
        var destination = new ByteWriter();
        return store.TryGet(Encoding.UTF8.GetBytes(key), destination) ? Encoding.UTF8.GetString(destination.WrittenSpan) : null;
    }

    protected static string All(IOrderedStore store) => Text(store.Scan([], []));

    private static string Text(IStoreScan scan)
    {
        var text = new StringBuilder();
        using (scan)
        {
            while (scan.MoveNext())
                text.Append(text.Length == 0 ? "" : " ").Append(Encoding.UTF8.GetString(scan.Key)).Append('=').Append(Encoding.UTF8.GetString(scan.Value));
        }

        return text.ToString();
    }

    private static void ReadUntil(IOrderedStore store, int last)
    {
        var seen = 0;
        while (seen < last)
        {
            using var scan = store.Scan([], []);
            if (!scan.MoveNext())
                continue;
            var x = BitConverter.ToInt32(scan.Value);
            Assert.True(scan.MoveNext());
            Assert.Equal(x, BitConverter.ToInt32(scan.Value));
            Assert.True(x >= seen);
            seen = x;
        }
    }
}
