using System.Security.Cryptography;
using KvStore.Node.Snapshots.Bolt;
using KvStore.Platform;

namespace KvStore.Node.Snapshots;

/// <summary>
/// A snapshot file that is read: one of this server, one of etcd, or the database file of a stopped etcd, which has no sum behind it.
/// </summary>
public sealed class SnapshotSource
{
    /// <summary>A file with a sum is so much longer than whole sectors: how etcd tells one from a database file.</summary>
    private const int SectorBytes = 512;

    private const int ReadBytes = 1 << 20;

    private readonly IFile _file;
    private readonly string _name;

    private SnapshotSource(IFile file, string name, BoltFile pages)
    {
        _file = file;
        _name = name;
        Pages = pages;
        Buckets = pages.Buckets();
    }

    internal BoltFile Pages { get; }

    internal IReadOnlyList<BoltBucket> Buckets { get; }

    /// <summary>Bytes of the pages that are or were in use.</summary>
    public long TotalBytes => Pages.TotalBytes;

    /// <summary>The file stays the caller's to close. Throws <see cref="StorageException"/> where it is no snapshot.</summary>
    public static SnapshotSource Open(IFile file, string name) => new(file, name, BoltFile.Open(file, name));

    /// <summary>Compares the file with the sum behind it; throws where there is none or another one.</summary>
    public void CheckSum()
    {
        if (_file.Length % SectorBytes != SnapshotImage.SumBytes)
            throw new StorageException(StorageFailure.Corrupt, "snapshot missing hash but --skip-hash-check=false");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[ReadBytes];
        var end = _file.Length - SnapshotImage.SumBytes;
        for (var at = 0L; at < end;)
        {
            var read = _file.ReadAt(at, buffer.AsSpan(0, (int)Math.Min(ReadBytes, end - at)));
            if (read == 0)
                throw new StorageException(StorageFailure.Corrupt, $"{_name}: the file ends at byte {at}");
            hash.AppendData(buffer, 0, read);
            at += read;
        }

        var expected = new byte[SnapshotImage.SumBytes];
        _file.ReadAt(end, expected);
        var found = hash.GetHashAndReset();
        if (!found.AsSpan().SequenceEqual(expected))
        {
            // The numbers as Go prints them.
            throw new StorageException(StorageFailure.Corrupt, $"expected sha256 [{string.Join(' ', expected)}], got [{string.Join(' ', found)}]");
        }
    }
}
