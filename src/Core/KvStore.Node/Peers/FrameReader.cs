using System.Buffers.Binary;
using KvStore.Primitives;

namespace KvStore.Node.Peers;

/// <summary>
/// Reads the fields of a frame. After a field that is not there everything reads as zero and <see cref="IsBroken"/> stays true, so
/// that a decoder checks once, at the end, and bad bytes never throw.
/// </summary>
internal ref struct FrameReader(ReadOnlyMemory<byte> frame)
{
    private readonly ReadOnlyMemory<byte> _frame = frame;
    private int _at;

    public bool IsBroken { get; private set; }

    public readonly bool IsAtEnd => _at == _frame.Length;

    public readonly int Remaining => _frame.Length - _at;

    public byte ReadByte()
    {
        if (Remaining < 1)
            return (byte)Break();
        return _frame.Span[_at++];
    }

    public bool ReadBool()
    {
        var value = ReadByte();
        if (value > 1)
            Break();
        return value == 1;
    }

    public ulong ReadFixed64()
    {
        if (Remaining < sizeof(ulong))
            return Break();
        var value = BinaryPrimitives.ReadUInt64LittleEndian(_frame.Span[_at..]);
        _at += sizeof(ulong);
        return value;
    }

    public ulong ReadNumber()
    {
        var rest = _frame.Span[_at..];
        var before = rest.Length;
        if (!Wire.TryReadVarint(ref rest, out var value))
            return Break();
        _at += before - rest.Length;
        return value;
    }

    /// <summary>A count of things that take at least some bytes each; checked against what is left before anything is allocated.</summary>
    public int ReadCount(int bytesEachMin)
    {
        var count = ReadNumber();
        if (count > (ulong)(Remaining / bytesEachMin))
            return (int)Break();
        return (int)count;
    }

    /// <summary>A part of the frame itself, not a copy.</summary>
    public ReadOnlyMemory<byte> ReadBytes()
    {
        var length = ReadCount(1);
        if (IsBroken)
            return default;
        var bytes = _frame.Slice(_at, length);
        _at += length;
        return bytes;
    }

    private ulong Break()
    {
        IsBroken = true;
        _at = _frame.Length;
        return 0;
    }
}
