using System.Buffers;

namespace KvStore.Primitives;

/// <summary>
/// A growable buffer that is written at its end and keeps its array between uses. Not thread-safe; the written memory is valid
/// until the next write, <see cref="Clear"/> or <see cref="TruncateTo"/>.
/// </summary>
public sealed class ByteWriter : IBufferWriter<byte>
{
    /// <summary>Arrays of at least so many bytes are shared: their pages cost as much to get from the system as to fill.</summary>
    private const int PooledBytesMin = 1 << 20;

    private byte[] _buffer;

    public ByteWriter(int initialCapacity = 256) => _buffer = new byte[initialCapacity];

    public int WrittenCount { get; private set; }

    public int Capacity => _buffer.Length;

    public ReadOnlySpan<byte> WrittenSpan => _buffer.AsSpan(0, WrittenCount);

    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, WrittenCount);

    /// <summary>Already written bytes, for filling in a length that was not known before.</summary>
    public Span<byte> Written(int offset, int length) => _buffer.AsSpan(0, WrittenCount).Slice(offset, length);

    public void Clear() => WrittenCount = 0;

    /// <summary>Empties it, and gives a very large array back to be shared: nobody may hold written memory any more.</summary>
    public void Release()
    {
        Clear();
        if (_buffer.Length < PooledBytesMin)
            return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    public void TruncateTo(int length)
    {
        Check.That((uint)length <= (uint)WrittenCount, "a buffer is cut within what was written");
        WrittenCount = length;
    }

    public byte[] ToArray() => WrittenSpan.ToArray();

    public void Advance(int count)
    {
        Check.That(count >= 0 && WrittenCount + count <= _buffer.Length, "a writer advances within the memory it was given");
        WrittenCount += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(WrittenCount);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(WrittenCount);
    }

    /// <summary>Makes room at once for about so many bytes more, which otherwise would come by doubling.</summary>
    public void Reserve(long bytes) => Ensure((int)Math.Clamp(bytes, 0, Array.MaxLength - WrittenCount));

    /// <summary>Makes room for <paramref name="length"/> bytes, counts them as written and returns them to be filled.</summary>
    public Span<byte> Take(int length)
    {
        Ensure(length);
        var span = _buffer.AsSpan(WrittenCount, length);
        WrittenCount += length;
        return span;
    }

    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    public void WriteByte(byte value) => Take(1)[0] = value;

    private void Ensure(int length)
    {
        if (_buffer.Length - WrittenCount >= length)
            return;
        var needed = checked(WrittenCount + length);
        var size = (int)Math.Min(Math.Max((long)needed, _buffer.Length * 2L), Array.MaxLength);
        // What is not written yet is not read: it need not be zeroed.
        var larger = size < PooledBytesMin ? GC.AllocateUninitializedArray<byte>(size) : ArrayPool<byte>.Shared.Rent(size);
        WrittenSpan.CopyTo(larger);
        _buffer = larger;
    }
}
