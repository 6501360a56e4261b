using KvStore.Platform;
using KvStore.RocksDb.Native;

namespace KvStore.RocksDb;

/// <summary>A RocksDB iterator as the door's cursor. RocksDB reads ahead by itself from the third block in a row on, growing to 256 KiB.</summary>
internal sealed class RocksScan : IStoreScan
{
    private readonly IteratorHandle _iterator;
    private byte[]? _from;
    private bool _ended;

    public RocksScan(IteratorHandle iterator, ReadOnlySpan<byte> fromInclusive)
    {
        _iterator = iterator;
        _from = fromInclusive.ToArray();
    }

    public ReadOnlySpan<byte> Key => _iterator.Key;

    public ReadOnlySpan<byte> Value => _iterator.Value;

    public bool MoveNext()
    {
        if (_ended)
            return false;
        if (_from is { } from)
        {
            _from = null;
            _iterator.Seek(from);
        }
        else
        {
            _iterator.Next();
        }

        if (_iterator.IsValid)
            return true;
        _ended = true;
        _iterator.ThrowIfFailed();
        return false;
    }

    public void Dispose() => _iterator.Dispose();
}
