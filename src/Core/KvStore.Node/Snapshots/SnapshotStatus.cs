using System.Text;
using KvStore.Node.Snapshots.Bolt;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.Node.Snapshots;

/// <summary>What `snapshot status` says of a file, with etcd's numbers.</summary>
/// <param name="Hash">CRC-32C over every bucket's name and every record, in order.</param>
/// <param name="Revision">Of the last stored change.</param>
/// <param name="TotalKeys">Records of all buckets.</param>
/// <param name="TotalBytes">Of the pages that are or were in use.</param>
/// <param name="Version">The level of the storage; empty where the file says none, which every etcd since 3.5 reads.</param>
public sealed record SnapshotStatus(uint Hash, Revision Revision, long TotalKeys, long TotalBytes, string Version)
{
    public static SnapshotStatus Of(SnapshotSource source)
    {
        var hash = 0u;
        var revision = Revision.Zero;
        var keys = 0L;
        var version = "";
        foreach (var bucket in source.Buckets)
        {
            hash = Crc32C.Append(hash, bucket.NameBytes.Span);
            for (var cursor = source.Pages.Scan(bucket); cursor.MoveNext(); keys++)
            {
                hash = Crc32C.Append(Crc32C.Append(hash, cursor.Key), cursor.Value);
                if (bucket.Name == EtcdFile.Keys)
                    revision = RevisionOf(cursor);
                else if (bucket.Name == EtcdFile.Meta && cursor.Key.SequenceEqual(EtcdFile.StorageVersionKey))
                    version = Encoding.UTF8.GetString(cursor.Value);
            }
        }

        return new SnapshotStatus(hash, revision, keys, source.TotalBytes, version);
    }

    private static Revision RevisionOf(BoltCursor cursor) => EtcdFile.TryReadRevision(cursor.Key, out var place, out _)
        ? place.Main
        : throw new StorageException(StorageFailure.Corrupt, "a key of the bucket of keys is no revision");
}
