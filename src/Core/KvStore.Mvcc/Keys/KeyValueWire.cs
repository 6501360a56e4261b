using KvStore.Mvcc.Index;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>
/// The wire form of <c>mvccpb.KeyValue</c> (key = 1, create_revision = 2, mod_revision = 3, version = 4, value = 5, lease = 6), which
/// is also its stored form: fields in order, defaults left out, byte for byte what etcd's encoder writes.
/// </summary>
public static class KeyValueWire
{
    private const int KeyField = 1;
    private const int CreatedField = 2;
    private const int ModifiedField = 3;
    private const int VersionField = 4;
    private const int ValueField = 5;
    private const int LeaseField = 6;

    /// <summary>Appends a pair without its value, as a keys-only range answers it from the index.</summary>
    public static void WriteKeyOnly(ByteWriter destination, ReadOnlySpan<byte> key, in KeyMeta meta)
    {
        destination.WriteBytesField(KeyField, key);
        destination.WriteInt64Field(CreatedField, meta.Created.Value);
        destination.WriteInt64Field(ModifiedField, meta.Modified.Main.Value);
        destination.WriteInt64Field(VersionField, meta.Version);
    }

    /// <summary>Bytes of the encoded pair. Every field has a number below 16, so every tag is one byte.</summary>
    internal static int SizeOf(ReadOnlySpan<byte> key, in VersionRecord record, ReadOnlySpan<byte> value) =>
        SizeOfBytes(key) + SizeOfNumber(record.Created) + SizeOfNumber(record.Main) + SizeOfNumber(record.Version)
        + SizeOfBytes(value) + SizeOfNumber(record.Lease);

    /// <summary>Writes the pair of a put into a span of exactly its size.</summary>
    internal static void Write(Span<byte> destination, ReadOnlySpan<byte> key, in VersionRecord record, ReadOnlySpan<byte> value)
    {
        WriteBytes(ref destination, KeyField, key);
        WriteNumber(ref destination, CreatedField, record.Created);
        WriteNumber(ref destination, ModifiedField, record.Main);
        WriteNumber(ref destination, VersionField, record.Version);
        WriteBytes(ref destination, ValueField, value);
        WriteNumber(ref destination, LeaseField, record.Lease);
        Check.That(destination.IsEmpty, "a pair is as long as it was measured");
    }

    /// <summary>Bytes of a delete's event pair; its first <paramref name="storedBytes"/> are the stored tombstone.</summary>
    internal static int SizeOfDeleted(ReadOnlySpan<byte> key, long main, out int storedBytes)
    {
        storedBytes = SizeOfBytes(key);
        return storedBytes + SizeOfNumber(main);
    }

    /// <summary>Writes a delete's pair: the key, which is what is stored, then mod_revision, which the event has in addition.</summary>
    internal static void WriteDeleted(Span<byte> destination, ReadOnlySpan<byte> key, long main)
    {
        WriteBytes(ref destination, KeyField, key);
        WriteNumber(ref destination, ModifiedField, main);
        Check.That(destination.IsEmpty, "a pair is as long as it was measured");
    }

    /// <summary>Where the key lies in a stored pair, and whether it is the pair of a tombstone, which has nothing else.</summary>
    internal static Range KeyOf(ReadOnlySpan<byte> stored, out bool isTombstone)
    {
        var rest = stored;
        var isKey = Wire.TryReadField(ref rest, out var field, out var type, out _, out var key)
            && field == KeyField && type == Wire.WireType.LengthDelimited;
        Check.That(isKey, "a stored pair begins with its key");
        isTombstone = rest.IsEmpty;
        var end = stored.Length - rest.Length;
        return (end - key.Length)..end;
    }

    private static int SizeOfNumber(long number) => number == 0 ? 0 : 1 + Wire.VarintSize((ulong)number);

    private static int SizeOfBytes(ReadOnlySpan<byte> bytes) =>
        bytes.IsEmpty ? 0 : 1 + Wire.VarintSize((ulong)bytes.Length) + bytes.Length;

    private static void WriteNumber(ref Span<byte> destination, int field, long number)
    {
        if (number == 0)
            return;
        destination[0] = (byte)((field << 3) | (int)Wire.WireType.Varint);
        destination = destination[(1 + Wire.WriteVarint(destination[1..], (ulong)number))..];
    }

    private static void WriteBytes(ref Span<byte> destination, int field, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        destination[0] = (byte)((field << 3) | (int)Wire.WireType.LengthDelimited);
        destination = destination[(1 + Wire.WriteVarint(destination[1..], (ulong)bytes.Length))..];
        bytes.CopyTo(destination);
        destination = destination[bytes.Length..];
    }
}
