using System.Buffers.Binary;

namespace KvStore.Primitives;

/// <summary>
/// The protobuf wire format (varints, tags, length-delimited fields) on spans, for the few hot messages that are copied rather
/// than decoded. Reading never throws on bad bytes: it says false.
/// </summary>
public static class Wire
{
    public const int VarintBytesMax = 10;

    public enum WireType
    {
        Varint = 0,
        Fixed64 = 1,
        LengthDelimited = 2,
        Fixed32 = 5,
    }

    public static int VarintSize(ulong value) => (int)((System.Numerics.BitOperations.Log2(value | 1) * 9 + 73) / 64);

    public static int WriteVarint(Span<byte> destination, ulong value)
    {
        var i = 0;
        while (value >= 0x80)
        {
            destination[i++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[i++] = (byte)value;
        return i;
    }

    public static void WriteVarint(this ByteWriter writer, ulong value)
    {
        var span = writer.GetSpan(VarintBytesMax);
        writer.Advance(WriteVarint(span, value));
    }

    public static void WriteTag(this ByteWriter writer, int field, WireType type) =>
        writer.WriteVarint(((ulong)field << 3) | (uint)type);

    /// <summary>Writes an int64 or uint64 field unless it has its default value, as proto3 does.</summary>
    public static void WriteInt64Field(this ByteWriter writer, int field, long value)
    {
        if (value == 0)
            return;
        writer.WriteTag(field, WireType.Varint);
        writer.WriteVarint((ulong)value);
    }

    public static void WriteBoolField(this ByteWriter writer, int field, bool value)
    {
        if (value)
            writer.WriteInt64Field(field, 1);
    }

    /// <summary>Writes a bytes or string field unless it is empty, as proto3 does.</summary>
    public static void WriteBytesField(this ByteWriter writer, int field, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
            writer.WriteMessageField(field, value);
    }

    /// <summary>Writes an already encoded message; an empty one is written too, since presence has a meaning.</summary>
    public static void WriteMessageField(this ByteWriter writer, int field, ReadOnlySpan<byte> encoded)
    {
        writer.WriteTag(field, WireType.LengthDelimited);
        writer.WriteVarint((ulong)encoded.Length);
        writer.Write(encoded);
    }

    public static bool TryReadVarint(scoped ref ReadOnlySpan<byte> source, out ulong value)
    {
        value = 0;
        for (var i = 0; i < source.Length && i < VarintBytesMax; i++)
        {
            var b = source[i];
            // The tenth byte of a 64-bit number has one meaningful bit; decoders drop the others.
            value |= (ulong)(b & 0x7F) << (7 * i);
            if (b < 0x80)
            {
                source = source[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Reads the next field: a number for varint and fixed types, the bytes for a length-delimited one. False when the bytes
    /// are not a field; groups are refused.
    /// </summary>
    public static bool TryReadField(
        scoped ref ReadOnlySpan<byte> source, out int field, out WireType type, out ulong number, out ReadOnlySpan<byte> bytes)
    {
        field = 0;
        type = default;
        number = 0;
        bytes = default;
        if (!TryReadVarint(ref source, out var tag) || tag > uint.MaxValue)
            return false;
        field = (int)(tag >> 3);
        type = (WireType)(tag & 7);
        if (field == 0)
            return false;
        switch (type)
        {
            case WireType.Varint:
                return TryReadVarint(ref source, out number);
            case WireType.Fixed64:
                if (!BinaryPrimitives.TryReadUInt64LittleEndian(source, out number))
                    return false;
                source = source[8..];
                return true;
            case WireType.Fixed32:
                if (!BinaryPrimitives.TryReadUInt32LittleEndian(source, out var fixed32))
                    return false;
                number = fixed32;
                source = source[4..];
                return true;
            case WireType.LengthDelimited:
                if (!TryReadVarint(ref source, out var length) || length > (ulong)source.Length)
                    return false;
                bytes = source[..(int)length];
                source = source[(int)length..];
                return true;
            default:
                return false;
        }
    }
}
