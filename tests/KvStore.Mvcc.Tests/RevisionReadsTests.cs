using System.Text;
using KvStore.Mvcc.Tests.Support;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Simulation.Store;

namespace KvStore.Mvcc.Tests;

/// <summary>Stored pairs in the order of their writing are stepped to, others searched for: each read gives the pair that was asked for.</summary>
public sealed class RevisionReadsTests : IDisposable
{
    private readonly CountingStore _rows = new(new SimulatedStoreProvider(new Prng(1), new SimulatedStoreOptions()).Open("db"));
    private readonly MvccStore _store;

    public RevisionReadsTests() => _store = MvccStore.Open(_rows, new MvccOptions(), new SilentTrace());

    public void Dispose() => _rows.Dispose();

    [Fact]
    public void ListOfWhatWasWrittenInOrder_IsReadByOneScan()
    {
        Fill(keys: 500, perTxn: 20);
        _rows.Reset();
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"value{i}"), Values());
        Assert.Equal((1, 0), (_rows.Scans, _rows.OpenScans));
        Assert.InRange(_rows.Gets, 1, 16);
    }

    [Fact]
    public void ListThatWasAnnounced_IsReadByOneScanAndNoSearch()
    {
        Fill(keys: 500, perTxn: 20);
        _rows.Reset();
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"value{i}"), Values(isAnnounced: true));
        Assert.Equal((1, 0, 0), (_rows.Scans, _rows.OpenScans, _rows.Gets));
    }

    [Fact]
    public void OneKey_IsSearchedFor()
    {
        Fill(keys: 100, perTxn: 10);
        _rows.Reset();
        using var view = _store.OpenView();
        Assert.True(view.TryGet("key0042"u8, Revision.Zero, out var meta));
        var pair = new ByteWriter();
        view.CopyKeyValue(meta, pair);
        Assert.Equal((0, 1), (_rows.Scans, _rows.Gets));
    }

    /// <summary>Keys are written, written again and deleted at random, and reads jump between near and far, back and forth, with places that are empty.</summary>
    [Fact]
    public void ReadsInAnyOrder_GiveWhatASearchGives()
    {
        var prng = new Prng(7);
        Fill(keys: 400, perTxn: 20);
        for (var i = 0; i < 400; i++)
        {
            var key = Key(prng.Below(400));
            InTxn(writer =>
            {
                if (prng.Below(4) == 0)
                    writer.DeleteRange(key, []);
                else
                    writer.Put(key, Encoding.ASCII.GetBytes($"again{i}"), LeaseId.None);
            });
        }

        using var view = _store.OpenView();
        // What is committed after the view was opened is there when its scan is.
        Fill(keys: 10, perTxn: 1);
        var (found, missing, at) = (0, 0, new ItemRevision(new Revision(2), 0));
        for (var i = 0; i < 20_000; i++)
        {
            at = prng.Below(20) == 0
                ? new ItemRevision(new Revision(2 + prng.Below((int)view.Current.Value - 2)), prng.Below(22))
                : at.Sub < 19 && prng.Below(10) > 0 ? new ItemRevision(at.Main, at.Sub + 1) : new ItemRevision(at.Main.Next, 0);
            if (at.Main > view.Current)
                at = new ItemRevision(new Revision(2), 0);
            if (prng.Below(50) == 0)
                view.ExpectList();
            var (expected, actual) = (new ByteWriter(), new ByteWriter());
            var key = new byte[17];
            key[0] = (byte)'r';
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(1), at.Main.Value);
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(9), at.Sub);
            var exists = _rows.TryGet(key, expected);
            Assert.Equal(exists, view.TryCopyKeyValue(at, actual));
            Assert.Equal(expected.ToArray(), actual.ToArray());
            (found, missing) = exists ? (found + 1, missing) : (found, missing + 1);
        }

        Assert.True(found > 1000 && missing > 1000 && _rows.Scans > 10, $"{found} {missing} {_rows.Scans}");
    }

    private static byte[] Key(int number) => Encoding.ASCII.GetBytes($"key{number:0000}");

    private List<string> Values(bool isAnnounced = false)
    {
        var values = new List<string>();
        using var view = _store.OpenView();
        if (isAnnounced)
            view.ExpectList();
        var cursor = view.Seek([0], [0], Revision.Zero);
        while (cursor.MoveNext())
        {
            var pair = new ByteWriter();
            view.CopyKeyValue(cursor.Meta, pair);
            values.Add(Protocol(pair.ToArray()));
        }

        return values;
    }

    /// <summary>The value is the last but the numbers before it: field 5.</summary>
    private static string Protocol(ReadOnlySpan<byte> pair)
    {
        while (Wire.TryReadField(ref pair, out var field, out _, out _, out var bytes))
        {
            if (field == 5)
                return Encoding.ASCII.GetString(bytes);
        }

        return "";
    }

    private void Fill(int keys, int perTxn)
    {
        for (var i = 0; i < keys; i += perTxn)
        {
            InTxn(writer =>
            {
                for (var j = i; j < Math.Min(i + perTxn, keys); j++)
                    writer.Put(Key(j), Encoding.ASCII.GetBytes($"value{j}"), LeaseId.None);
            });
        }
    }

    private void InTxn(Action<MvccWriter> write)
    {
        _store.Writer.BeginTxn();
        write(_store.Writer);
        _store.Writer.EndTxn();
        _store.Writer.Commit();
    }

    private sealed class CountingStore(IOrderedStore inner) : IOrderedStore
    {
        public int Scans { get; private set; }

        public int OpenScans { get; private set; }

        public int Gets { get; private set; }

        public StoreSizes Sizes => inner.Sizes;

        public void Reset() => (Scans, Gets) = (0, 0);

        public void Write(StoreBatch batch) => inner.Write(batch);

        public bool TryGet(ReadOnlySpan<byte> key, System.Buffers.IBufferWriter<byte> destination)
        {
            Gets++;
            return inner.TryGet(key, destination);
        }

        public IStoreScan Scan(ReadOnlySpan<byte> fromInclusive, ReadOnlySpan<byte> toExclusive)
        {
            Scans++;
            OpenScans++;
            return new CountedScan(inner.Scan(fromInclusive, toExclusive), () => OpenScans--);
        }

        public void Flush() => inner.Flush();

        public void Checkpoint(string directory) => inner.Checkpoint(directory);

        public void Dispose() => inner.Dispose();
    }

    private sealed class CountedScan(IStoreScan inner, Action onEnd) : IStoreScan
    {
        public ReadOnlySpan<byte> Key => inner.Key;

        public ReadOnlySpan<byte> Value => inner.Value;

        public bool MoveNext() => inner.MoveNext();

        public void Dispose()
        {
            inner.Dispose();
            onEnd();
        }
    }
}
