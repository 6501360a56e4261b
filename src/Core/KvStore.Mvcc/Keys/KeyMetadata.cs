using KvStore.Mvcc.Index;
using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>
/// A row of the <c>k</c> table: all that start-up needs of a version. Four varints: created revision, version (0 = tombstone),
/// lease, length of the stored pair.
/// </summary>
internal static class KeyMetadata
{
    public const int BytesMax = 4 * Wire.VarintBytesMax;

    public static int Write(Span<byte> destination, in VersionRecord record)
    {
        var length = Wire.WriteVarint(destination, (ulong)record.Created);
        length += Wire.WriteVarint(destination[length..], (ulong)record.Version);
        length += Wire.WriteVarint(destination[length..], (ulong)record.Lease);
        return length + Wire.WriteVarint(destination[length..], (ulong)record.StoredBytes);
    }

    public static VersionRecord Read(ItemRevision revision, ReadOnlySpan<byte> row)
    {
        var created = ReadNumber(ref row);
        var version = ReadNumber(ref row);
        var lease = ReadNumber(ref row);
        var storedBytes = ReadNumber(ref row);
        return new VersionRecord
        {
            Main = revision.Main.Value,
            Sub = checked((int)revision.Sub),
            Created = created,
            Version = version,
            Lease = lease,
            StoredBytes = checked((int)storedBytes),
        };
    }

    private static long ReadNumber(ref ReadOnlySpan<byte> row)
    {
        Check.That(Wire.TryReadVarint(ref row, out var number), "a row of the key table holds four numbers");
        return (long)number;
    }
}
