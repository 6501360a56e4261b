using System.Buffers;
using KvStore.Platform;

namespace KvStore.Mvcc.Tests.Support;

/// <summary>The smallest store that keeps the door's promises: a sorted map behind a lock; a scan is a copy.</summary>
internal sealed class MemoryStore : IOrderedStore
{
    private readonly SortedDictionary<byte[], byte[]> _rows = new(ByteOrder.Instance);

    public int Writes { get; private set; }

    /// <summary>When set, the write of that number (from 1) and all after it fail before they change anything.</summary>
    public int FailFromWrite { get; set; } = int.MaxValue;

    public StoreSizes Sizes => new(0, 0);

    public void Write(StoreBatch batch)
    {
        lock (_rows)
        {
            if (++Writes >= FailFromWrite)
                throw new StorageException("the test has stopped the store");
            for (var reader = batch.Read(); reader.MoveNext();)
            {
                switch (reader.Operation)
                {
                    case StoreBatch.Operation.Put:
                        _rows[reader.Key.ToArray()] = reader.Value.ToArray();
                        break;
                    case StoreBatch.Operation.Delete:
                        _rows.Remove(reader.Key.ToArray());
                        break;
                    default:
                        throw new NotSupportedException();
                }
            }
        }
    }

    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination)
    {
        lock (_rows)
        {
            if (!_rows.TryGetValue(key.ToArray(), out var value))
                return false;
            destination.Write(value);
            return true;
        }
    }

    public IStoreScan Scan(ReadOnlySpan<byte> fromInclusive, ReadOnlySpan<byte> toExclusive)
    {
        var from = fromInclusive.ToArray();
        var to = toExclusive.ToArray();
        lock (_rows)
        {
            var rows = _rows.Where(row => row.Key.AsSpan().SequenceCompareTo(from) >= 0 && (to.Length == 0 || row.Key.AsSpan().SequenceCompareTo(to) < 0));
            return new RowScan([.. rows]);
        }
    }

    public void Flush()
    {
    }

    public void Checkpoint(string directory) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    public MemoryStore Copy()
    {
        var copy = new MemoryStore();
        lock (_rows)
        {
            foreach (var (key, value) in _rows)
                copy._rows[key] = value;
        }

        return copy;
    }

    public IEnumerable<(byte[] Key, byte[] Value)> Rows(char table)
    {
        lock (_rows)
            return [.. _rows.Where(row => row.Key[0] == table).Select(row => (row.Key, row.Value))];
    }

    private sealed class RowScan(KeyValuePair<byte[], byte[]>[] rows) : IStoreScan
    {
        private int _at = -1;

        public ReadOnlySpan<byte> Key => rows[_at].Key;

        public ReadOnlySpan<byte> Value => rows[_at].Value;

        public bool MoveNext() => ++_at < rows.Length;

        public void Dispose()
        {
        }
    }
}
