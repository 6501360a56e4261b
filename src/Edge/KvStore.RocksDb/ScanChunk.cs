using System.Runtime.InteropServices;

namespace KvStore.RocksDb;

/// <summary>Pairs one after the other, each as the lengths of its key and value and then their bytes. Written by one thread, then read by another.</summary>
internal sealed class ScanChunk
{
    private const int LengthsBytes = 2 * sizeof(int);

    /// <summary>Bytes of the pairs in a chunk, about: handing one over costs two threads some 20 µs, copying this much about as long.</summary>
    private const int FullBytes = 128 << 10;

    private byte[] _bytes = new byte[FullBytes + 4096];
    private int _written;
    private int _read;
    private int _keyAt;
    private int _valueAt;

    public bool IsFull => _written >= FullBytes;

    public ReadOnlySpan<byte> Key => _bytes.AsSpan(_keyAt, _valueAt - _keyAt);

    public ReadOnlySpan<byte> Value => _bytes.AsSpan(_valueAt, _read - _valueAt);

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var bytes = checked(LengthsBytes + key.Length + value.Length);
        if (bytes > _bytes.Length - _written)
            Array.Resize(ref _bytes, checked(Math.Max(_bytes.Length * 2, _written + bytes)));
        var place = _bytes.AsSpan(_written, bytes);
        MemoryMarshal.Write(place, key.Length);
        MemoryMarshal.Write(place[sizeof(int)..], value.Length);
        key.CopyTo(place[LengthsBytes..]);
        value.CopyTo(place[(LengthsBytes + key.Length)..]);
        _written += bytes;
    }

    public bool MoveNext()
    {
        if (_read == _written)
            return false;
        var lengths = MemoryMarshal.Cast<byte, int>(_bytes.AsSpan(_read, LengthsBytes));
        _keyAt = _read + LengthsBytes;
        _valueAt = _keyAt + lengths[0];
        _read = _valueAt + lengths[1];
        return true;
    }

    public void Clear() => (_written, _read, _keyAt, _valueAt) = (0, 0, 0, 0);
}
