using System.Text;
using BenchmarkDotNet.Attributes;
using KvStore.Mvcc;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.RocksDb;
using KvStore.Testing.Processes;

namespace KvStore.Benchmarks.Inner;

/// <summary>Reads and writes of a key space of 100,000 keys with values of 256 B.</summary>
public class KeyIndex : IDisposable
{
    private const int KeyCount = 100_000;
    private const int PageKeys = 500;
    private const int HashedRevisions = 1_000;

    private readonly byte[][] _keys = [.. Enumerable.Range(0, KeyCount).Select(number => Encoding.ASCII.GetBytes($"/registry/pods/{number:d16}"))];
    private readonly byte[] _value = new byte[256];
    private readonly ByteWriter _answer = new(1 << 20);
    private readonly Prng _random = new(1);
    private TestFolder? _folder;
    private RocksOrderedStore? _rocks;
    private MvccStore? _store;
    private MvccView? _view;

    private MvccStore Store => _store!;

    private MvccView View => _view!;

    [GlobalSetup]
    public void Fill()
    {
        _folder = new TestFolder();
        _rocks = RocksOrderedStore.Open(_folder.Path, new RocksStoreOptions());
        _store = MvccStore.Open(_rocks, new MvccOptions(), new NoTrace());
        foreach (var key in _keys)
            Write(key);
        Store.Writer.Commit();
        _rocks.Flush();
        _view = Store.OpenView();
    }

    [GlobalCleanup]
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _view?.Dispose();
        _rocks?.Dispose();
        _folder?.Dispose();
    }

    [Benchmark]
    public bool Get() => View.TryGet(NextKey(), View.Current, out _);

    [Benchmark]
    public int GetWithValue()
    {
        _answer.Clear();
        if (View.TryGet(NextKey(), View.Current, out var found))
            View.CopyKeyValue(found, _answer);
        return _answer.WrittenCount;
    }

    [Benchmark(OperationsPerInvoke = PageKeys)]
    public int RangeKey()
    {
        var cursor = View.Seek(_keys[KeyCount / 2], _keys[(KeyCount / 2) + PageKeys], View.Current);
        var found = 0;
        while (cursor.MoveNext())
            found += cursor.Key.Length;
        return found;
    }

    [Benchmark]
    public long CountAll() => View.Count([0], [0], View.Current);

    [Benchmark]
    public CommittedBatch Put()
    {
        Write(NextKey());
        return Store.Writer.Commit();
    }

    [Benchmark(OperationsPerInvoke = HashedRevisions)]
    public uint HashRevision()
    {
        var hash = View.BeginHash(View.Current);
        hash.Next(HashedRevisions);
        return hash.Value;
    }

    private byte[] NextKey() => _keys[_random.Below(KeyCount)];

    private void Write(byte[] key)
    {
        Store.Writer.BeginTxn();
        Store.Writer.Put(key, _value, LeaseId.None);
        Store.Writer.EndTxn();
    }

    private sealed class NoTrace : ITraceSink
    {
        public void Emit(in TraceEvent traceEvent)
        {
        }
    }
}
