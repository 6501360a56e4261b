using System.Buffers.Binary;
using System.Text;
using KvStore.Platform;

namespace KvStore.Node.Snapshots.Bolt;

/// <summary>
/// A bbolt file that is read and never written. It comes from elsewhere, so nothing in it is believed: every length, position and
/// page number is checked before it is used, and what is wrong is a <see cref="StorageException"/> that names the page.
/// </summary>
internal sealed class BoltFile
{
    private readonly IFile _file;
    private readonly string _name;
    private readonly ulong _root;

    private BoltFile(IFile file, string name, int pageBytes, ulong root, ulong pages)
    {
        _file = file;
        _name = name;
        PageBytes = pageBytes;
        _root = root;
        Pages = pages;
    }

    public int PageBytes { get; }

    /// <summary>Pages in use or once used; the file may be longer.</summary>
    public ulong Pages { get; }

    public long TotalBytes => (long)Pages * PageBytes;

    public static BoltFile Open(IFile file, string name)
    {
        var best = default((int PageBytes, ulong Root, ulong Pages, ulong Txid));
        for (var pageBytes = BoltFormat.PageBytesMin; pageBytes <= BoltFormat.PageBytesMax; pageBytes *= 2)
        {
            foreach (var at in new long[] { 0, pageBytes })
            {
                // The second meta is looked for at every page size: a torn first one says nothing of it.
                if (TryReadMeta(file, at, out var meta) && (at == 0 || meta.PageBytes == pageBytes) && (best.PageBytes == 0 || meta.Txid > best.Txid))
                    best = meta;
            }
        }

        if (best.PageBytes == 0)
            throw new StorageException(StorageFailure.Corrupt, $"{name}: not a snapshot: neither of its two meta pages is valid");
        if (best.Pages > (ulong)(file.Length / best.PageBytes))
            throw new StorageException(StorageFailure.Corrupt, $"{name}: the file is cut off: it has {file.Length} bytes of {best.Pages} pages");
        return new BoltFile(file, name, best.PageBytes, best.Root, best.Pages);
    }

    /// <summary>The buckets in the order of their names.</summary>
    public IReadOnlyList<BoltBucket> Buckets()
    {
        var buckets = new List<BoltBucket>();
        var cursor = new BoltCursor(this, _root);
        while (cursor.MoveNext())
        {
            if (!cursor.IsBucket || cursor.Value.Length < BoltFormat.BucketBytes)
                throw Corrupt(_root, "a record of the root page is no bucket");
            var root = BinaryPrimitives.ReadUInt64LittleEndian(cursor.Value);
            var inline = root == 0 ? cursor.Value[BoltFormat.BucketBytes..].ToArray() : null;
            buckets.Add(new BoltBucket(Encoding.UTF8.GetString(cursor.Key), cursor.Key.ToArray(), root, inline));
        }

        return buckets;
    }

    public BoltCursor Scan(BoltBucket bucket) =>
        bucket.Inline is { } page ? new BoltCursor(this, page) : new BoltCursor(this, bucket.Root);

    /// <summary>Reads a page with all that belongs to it into a buffer, which grows where it must.</summary>
    internal int ReadPage(ulong id, ref byte[] buffer)
    {
        if (id < 2 || id >= Pages)
            throw Corrupt(id, "there is no such page");
        if (buffer.Length < PageBytes)
            buffer = new byte[PageBytes];
        Fill(id, 0, buffer.AsSpan(0, PageBytes));
        var overflow = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(12));
        if (overflow >= Pages - id)
            throw Corrupt(id, "it goes beyond the end of the file");
        var length = checked((overflow + 1L) * PageBytes);
        if (length > Array.MaxLength)
            throw Corrupt(id, "it is larger than any page");
        if (overflow == 0)
            return PageBytes;
        if (buffer.Length < length)
            Array.Resize(ref buffer, (int)length);
        Fill(id, PageBytes, buffer.AsSpan(PageBytes, (int)length - PageBytes));
        return (int)length;
    }

    internal StorageException Corrupt(ulong page, string what) => new(StorageFailure.Corrupt, $"{_name}: page {page}: {what}");

    private void Fill(ulong page, int from, Span<byte> buffer)
    {
        if (_file.ReadAt(((long)page * PageBytes) + from, buffer) != buffer.Length)
            throw Corrupt(page, "the file ends within it");
    }

    private static bool TryReadMeta(IFile file, long at, out (int PageBytes, ulong Root, ulong Pages, ulong Txid) meta)
    {
        meta = default;
        Span<byte> page = stackalloc byte[BoltFormat.PageHeaderBytes + BoltFormat.MetaBytes];
        if (file.ReadAt(at, page) != page.Length)
            return false;
        var body = page[BoltFormat.PageHeaderBytes..];
        var isMeta = BinaryPrimitives.ReadUInt32LittleEndian(body) == BoltFormat.Magic
            && BinaryPrimitives.ReadUInt32LittleEndian(body[4..]) == BoltFormat.Version
            && BinaryPrimitives.ReadUInt64LittleEndian(body[56..]) == BoltFormat.Sum(body[..56]);
        var pageBytes = BinaryPrimitives.ReadUInt32LittleEndian(body[8..]);
        var pages = BinaryPrimitives.ReadUInt64LittleEndian(body[40..]);
        if (!isMeta || pageBytes is < BoltFormat.PageBytesMin or > BoltFormat.PageBytesMax || pages > long.MaxValue / BoltFormat.PageBytesMax)
            return false;
        meta = ((int)pageBytes, BinaryPrimitives.ReadUInt64LittleEndian(body[16..]), pages, BinaryPrimitives.ReadUInt64LittleEndian(body[48..]));
        return true;
    }
}
