using System.Buffers.Binary;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>
/// Keys of the two tables of this room. <c>r</c> main(8) sub(8) → the pair in its wire form. <c>k</c> key main(8) sub(8) →
/// <see cref="KeyMetadata"/>. Numbers are big-endian, so that the order of the bytes is the order of the revisions.
/// </summary>
/// <remarks>
/// The <c>k</c> table is almost in key order: where one key is a prefix of another, their rows may interleave. Start-up copes.
/// </remarks>
internal static class StoreKeys
{
    public const byte RevisionTable = (byte)'r';
    public const byte KeyTable = (byte)'k';
    public const int RevisionBytes = 16;
    public const int RevisionKeyBytes = 1 + RevisionBytes;

    public static void WriteRevisionKey(Span<byte> destination, ItemRevision revision)
    {
        destination[0] = RevisionTable;
        WriteRevision(destination[1..], revision);
    }

    public static ItemRevision ReadRevisionKey(ReadOnlySpan<byte> key)
    {
        Check.That(key.Length == RevisionKeyBytes && key[0] == RevisionTable, "a key of the revision table has its form");
        return ReadRevision(key[1..]);
    }

    public static void WriteKeyKey(ByteWriter destination, ReadOnlySpan<byte> key, ItemRevision revision)
    {
        destination.Clear();
        destination.WriteByte(KeyTable);
        destination.Write(key);
        WriteRevision(destination.Take(RevisionBytes), revision);
    }

    public static ReadOnlySpan<byte> ReadKeyKey(ReadOnlySpan<byte> row, out ItemRevision revision)
    {
        Check.That(row.Length > RevisionKeyBytes && row[0] == KeyTable, "a key of the key table has its form");
        revision = ReadRevision(row[^RevisionBytes..]);
        return row[1..^RevisionBytes];
    }

    private static void WriteRevision(Span<byte> destination, ItemRevision revision)
    {
        BinaryPrimitives.WriteInt64BigEndian(destination, revision.Main.Value);
        BinaryPrimitives.WriteInt64BigEndian(destination[8..], revision.Sub);
    }

    private static ItemRevision ReadRevision(ReadOnlySpan<byte> bytes) =>
        new(new Revision(BinaryPrimitives.ReadInt64BigEndian(bytes)), BinaryPrimitives.ReadInt64BigEndian(bytes[8..]));
}
