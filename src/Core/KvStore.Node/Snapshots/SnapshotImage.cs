using System.Buffers.Binary;
using System.Security.Cryptography;
using KvStore.Mvcc;
using KvStore.Node.Snapshots.Bolt;
using KvStore.Node.Stores;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.StateMachine;

namespace KvStore.Node.Snapshots;

/// <summary>
/// The snapshot file of a store that no longer changes: etcd's file and behind it the SHA-256 of its bytes. It is made while it is
/// read, a few pages at a time; the first page names the last one, so the store is read through once before, for the layout alone.
/// One reader, any thread.
/// </summary>
public sealed class SnapshotImage
{
    public const int SumBytes = SHA256.HashSizeInBytes;

    private readonly IOrderedStore _store;
    private readonly BoltLayout _layout;

    private SnapshotImage(IOrderedStore store, BoltLayout layout)
    {
        _store = store;
        _layout = layout;
    }

    /// <summary>Bytes of the whole, the sum included.</summary>
    public long TotalBytes => ((long)_layout.Pages * BoltFormat.PageBytes) + SumBytes;

    /// <summary>
    /// Reads the store through once, which takes time: null as soon as nobody wants it any more, which is asked before each record. The
    /// store is the caller's to close, after the last piece.
    /// </summary>
    public static SnapshotImage? Of(IOrderedStore store, Func<bool> isWanted)
    {
        var pages = new ByteWriter(BoltFormat.PageBytes);
        var layout = default(BoltLayout);
        foreach (var found in Write(store, new BoltWriter(pages, default)))
        {
            if (!isWanted())
                return null;
            layout = found;
            pages.Clear();
        }

        return new SnapshotImage(store, layout);
    }

    /// <summary>The file from its beginning, in pieces of about so many bytes; the sum is a piece of its own, the last. A piece is valid until the next.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces(int bytes)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var pages = new ByteWriter(bytes + BoltFormat.PageBytes);
        var layout = default(BoltLayout);
        foreach (var found in Write(_store, new BoltWriter(pages, _layout)))
        {
            layout = found;
            for (var from = 0; from < pages.WrittenCount; from += bytes)
            {
                // Less than a piece waits for what comes behind it, but at the end.
                var length = Math.Min(bytes, pages.WrittenCount - from);
                if (length < bytes && layout == default)
                {
                    KeepFrom(pages, from);
                    break;
                }

                sum.AppendData(pages.WrittenSpan.Slice(from, length));
                yield return pages.WrittenMemory.Slice(from, length);
                if (from + length == pages.WrittenCount)
                {
                    pages.Clear();
                    break;
                }
            }
        }

        Check.That(layout == _layout, "a store that does not change has one layout");
        yield return sum.GetHashAndReset();
    }

    private static void KeepFrom(ByteWriter pages, int from)
    {
        if (from == 0)
            return;
        var length = pages.WrittenCount - from;
        pages.Written(from, length).CopyTo(pages.Written(0, length));
        pages.TruncateTo(length);
    }

    /// <summary>Writes bucket after bucket; comes back after each record, with the layout only at the end.</summary>
    private static IEnumerable<BoltLayout> Write(IOrderedStore store, BoltWriter file)
    {
        WriteAlarms(store, file);
        WriteAuth(store, file);
        foreach (var (bucket, prefix) in new[] { (EtcdFile.Roles, StateTables.Roles.ToArray()), (EtcdFile.Users, StateTables.Users.ToArray()) })
        {
            file.BeginBucket(Name(bucket));
            foreach (var _ in Copy(store, prefix, file))
                yield return default;
            file.EndBucket();
        }

        // Which version a cluster speaks it finds out by itself; a file that said a later one would keep an older etcd from starting.
        WriteEmpty(file, EtcdFile.Cluster);
        file.BeginBucket(Name(EtcdFile.Keys));
        foreach (var _ in WriteKeys(store, file))
            yield return default;
        file.EndBucket();
        file.BeginBucket(Name(EtcdFile.Leases));
        foreach (var _ in Copy(store, StateTables.Leases.ToArray(), file))
            yield return default;
        file.EndBucket();
        // A snapshot begins a new cluster: its members are forgotten in any case.
        WriteEmpty(file, EtcdFile.Members);
        WriteEmpty(file, EtcdFile.RemovedMembers);
        WriteMeta(store, file);
        yield return file.Finish();
    }

    private static IEnumerable<bool> WriteKeys(IOrderedStore store, BoltWriter file)
    {
        var key = new byte[EtcdFile.RevisionBytes + 1];
        using var scan = StoredRevisions.Scan(store);
        while (scan.MoveNext())
        {
            var length = EtcdFile.WriteRevision(key, StoredRevisions.PlaceOf(scan.Key), StoredRevisions.IsTombstone(scan.Value));
            file.Add(key.AsSpan(0, length), scan.Value);
            yield return true;
        }
    }

    private static IEnumerable<bool> Copy(IOrderedStore store, byte[] prefix, BoltWriter file)
    {
        byte[] end = [.. prefix[..^1], (byte)(prefix[^1] + 1)];
        using var scan = store.Scan(prefix, end);
        while (scan.MoveNext())
        {
            file.Add(scan.Key[prefix.Length..], scan.Value);
            yield return true;
        }
    }

    private static void WriteAlarms(IOrderedStore store, BoltWriter file)
    {
        var keys = new SortedSet<byte[]>(Comparer<byte[]>.Create(static (left, right) => left.AsSpan().SequenceCompareTo(right)));
        foreach (var alarm in AlarmTable.Load(store).Alarms)
        {
            var member = new ByteWriter(16);
            member.WriteInt64Field(1, (long)alarm.Member.Value);
            member.WriteInt64Field(2, (int)alarm.Kind);
            keys.Add(member.ToArray());
        }

        file.BeginBucket(Name(EtcdFile.Alarms));
        foreach (var key in keys)
            file.Add(key, default);
        file.EndBucket();
    }

    private static void WriteAuth(IOrderedStore store, BoltWriter file)
    {
        file.BeginBucket(Name(EtcdFile.Auth));
        var state = new ByteWriter(16);
        if (store.TryGet(StateTables.AuthState, state))
        {
            file.Add(EtcdFile.AuthEnabled, state.WrittenSpan[..1]);
            file.Add(EtcdFile.AuthRevision, state.WrittenSpan[1..]);
        }

        file.EndBucket();
    }

    private static void WriteMeta(IOrderedStore store, BoltWriter file)
    {
        var (index, term) = MetaRecords.ReadConsistent(store);
        var (scheduled, finished) = StoredRevisions.ReadCompaction(store);
        Span<byte> number = stackalloc byte[EtcdFile.RevisionBytes];
        file.BeginBucket(Name(EtcdFile.Meta));
        file.Add(EtcdFile.MembershipKey, EtcdFile.MembershipText(SnapshotContents.ReadMembership(store)));
        BinaryPrimitives.WriteUInt64BigEndian(number, index.Value);
        file.Add(EtcdFile.IndexKey, number[..sizeof(ulong)]);
        if (finished > Revision.Zero)
            file.Add(EtcdFile.FinishedKey, number[..EtcdFile.WriteRevision(number, new ItemRevision(finished, 0), isTombstone: false)]);
        if (scheduled > Revision.Zero)
            file.Add(EtcdFile.ScheduledKey, number[..EtcdFile.WriteRevision(number, new ItemRevision(scheduled, 0), isTombstone: false)]);
        BinaryPrimitives.WriteUInt64BigEndian(number, term.Value);
        file.Add(EtcdFile.TermKey, number[..sizeof(ulong)]);
        file.EndBucket();
    }

    private static void WriteEmpty(BoltWriter file, string bucket)
    {
        file.BeginBucket(Name(bucket));
        file.EndBucket();
    }

    private static byte[] Name(string bucket) => System.Text.Encoding.ASCII.GetBytes(bucket);
}
