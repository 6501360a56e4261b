using System.Buffers;
using KvStore.Platform;

namespace KvStore.Mvcc.Tests.Support;

/// <summary>Takes every write and keeps only the <c>k</c> rows it is told to, so that the figures are those of the index alone.</summary>
internal sealed class DiscardingStore(List<(byte[] Key, byte[] Value)> keyRows) : IOrderedStore
{
    public StoreSizes Sizes => default;

    public bool Keep { get; set; }

    public void Write(StoreBatch batch)
    {
        if (!Keep)
            return;
        for (var reader = batch.Read(); reader.MoveNext();)
        {
            if (reader.Key[0] == (byte)'k')
                keyRows.Add((reader.Key.ToArray(), reader.Value.ToArray()));
        }
    }

    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination) => false;

    public IStoreScan Scan(ReadOnlySpan<byte> fromInclusive, ReadOnlySpan<byte> toExclusive) => new RowScan(keyRows);

    public void Flush()
    {
    }

    public void Checkpoint(string directory) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private sealed class RowScan(List<(byte[] Key, byte[] Value)> rows) : IStoreScan
    {
        private int _at = -1;

        public ReadOnlySpan<byte> Key => rows[_at].Key;

        public ReadOnlySpan<byte> Value => rows[_at].Value;

        public bool MoveNext() => ++_at < rows.Count;

        public void Dispose()
        {
        }
    }
}
