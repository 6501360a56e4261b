using System.Buffers.Binary;

namespace KvStore.Node.Snapshots.Bolt;

/// <summary>
/// The page format of bbolt, the file that etcd keeps its data in: a B+tree of pages, of which two at the beginning say where the
/// root is. All numbers are little-endian.
/// </summary>
/// <remarks>
/// <code>
/// page    id(8) flags(2) count(2) overflow(4) · elements · keys and values        overflow: further pages that belong to it
/// branch  position(4) keyBytes(4) child(8)                                        position: from the element's own beginning
/// leaf    flags(4) position(4) keyBytes(4) valueBytes(4)                          flags 1: the value is a bucket
/// bucket  root(8) sequence(8)                                                     root 0: its only leaf page follows inline
/// meta    magic(4) version(4) pageBytes(4) flags(4) root(8) sequence(8) freelist(8) pages(8) txid(8) sum(8)
/// </code>
/// Pages 0 and 1 are metas; the valid one with the higher transaction id counts. The sum is FNV-1a of what is before it.
/// </remarks>
internal static class BoltFormat
{
    public const int PageHeaderBytes = 16;
    public const int ElementBytes = 16;
    public const int BucketBytes = 16;
    public const int MetaBytes = 64;

    /// <summary>What is written here, and bbolt's default on most machines. What is read may have other pages.</summary>
    public const int PageBytes = 4096;

    /// <summary>The page sizes of machines that bbolt runs on; a file that says another is none.</summary>
    public const int PageBytesMin = 1024;

    public const int PageBytesMax = 64 * 1024;

    public const ushort BranchFlag = 0x01;
    public const ushort LeafFlag = 0x02;
    public const ushort MetaFlag = 0x04;
    public const ushort FreelistFlag = 0x10;
    public const uint BucketElement = 1;

    public const uint Magic = 0xED0CDAED;
    public const uint Version = 2;

    /// <summary>The first page that is not meta or freelist in a file written here.</summary>
    public const ulong FirstPage = 3;

    public static void WritePageHeader(Span<byte> page, ulong id, ushort flags, int count, int overflow)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(page, id);
        BinaryPrimitives.WriteUInt16LittleEndian(page[8..], flags);
        BinaryPrimitives.WriteUInt16LittleEndian(page[10..], checked((ushort)count));
        BinaryPrimitives.WriteUInt32LittleEndian(page[12..], (uint)overflow);
    }

    public static void WriteMeta(Span<byte> page, ulong id, BoltLayout layout)
    {
        WritePageHeader(page, id, MetaFlag, 0, 0);
        var meta = page.Slice(PageHeaderBytes, MetaBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(meta, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(meta[4..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(meta[8..], PageBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(meta[16..], layout.Root);
        BinaryPrimitives.WriteUInt64LittleEndian(meta[32..], FirstPage - 1);
        BinaryPrimitives.WriteUInt64LittleEndian(meta[40..], layout.Pages);
        BinaryPrimitives.WriteUInt64LittleEndian(meta[48..], id);
        BinaryPrimitives.WriteUInt64LittleEndian(meta[56..], Sum(meta[..56]));
    }

    /// <summary>FNV-1a, 64 bits.</summary>
    public static ulong Sum(ReadOnlySpan<byte> bytes)
    {
        const ulong Offset = 14695981039346656037;
        const ulong Prime = 1099511628211;
        var sum = Offset;
        foreach (var value in bytes)
            sum = unchecked((sum ^ value) * Prime);
        return sum;
    }
}
