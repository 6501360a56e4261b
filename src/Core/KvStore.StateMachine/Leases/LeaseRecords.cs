using System.Buffers.Binary;
using KvStore.Mvcc;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>
/// The table of leases: <c>l</c> + id (8 bytes big-endian) → <c>kvstore.snapshot.LeaseRecord</c>. The attached keys are not
/// stored: they are in the metadata of the keys and are gathered from there. <c>o</c> + id, with no value: a lease that keys name and that
/// was not there when the data was moved in.
/// </summary>
internal static class LeaseRecords
{
    private const byte Table = (byte)'l';
    private const byte OrphanTable = (byte)'o';
    private const int KeyBytes = 9;

    /// <summary>Notes that keys name a lease that does not exist.</summary>
    public static void PutOrphan(StoreBatch batch, LeaseId lease)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        WriteKey(key, OrphanTable, lease);
        batch.Put(key, default);
    }

    public static void Put(StoreBatch batch, LeaseId lease, long ttlSeconds, long remainingSeconds)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        WriteKey(key, Table, lease);
        var record = new ByteWriter(32);
        record.WriteInt64Field(1, lease.Value);
        record.WriteInt64Field(2, ttlSeconds);
        record.WriteInt64Field(3, remainingSeconds);
        batch.Put(key, record.WrittenSpan);
    }

    public static void Delete(StoreBatch batch, LeaseId lease)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        WriteKey(key, Table, lease);
        batch.Delete(key);
    }

    /// <summary>Reads the leases, then attaches the live keys to them.</summary>
    public static void Load(IOrderedStore store, MvccReader reader, Lessor leases)
    {
        using (var scan = store.Scan([Table], [Table + 1]))
        {
            while (scan.MoveNext())
                LoadOne(scan.Value, leases);
        }

        // Nearly always there are none, and where there are no leases either, the keys need not be gone through.
        var orphans = LoadOrphans(store);
        if (leases.Count == 0 && orphans.Count == 0)
            return;
        ReadOnlySpan<byte> zero = [0];
        var cursor = reader.Seek(zero, zero, Revision.Zero);
        while (cursor.MoveNext())
        {
            // Data moved in from etcd may have keys of a lease that is no more; there, too, nothing ends them.
            var lease = cursor.Meta.Lease;
            if (lease.IsNone)
                continue;
            if (leases.Contains(lease))
                leases.Attach(lease, cursor.Key);
            else if (orphans.Contains(lease))
                leases.AttachWhenGranted(lease, cursor.Key);
        }
    }

    private static HashSet<LeaseId> LoadOrphans(IOrderedStore store)
    {
        var orphans = new HashSet<LeaseId>();
        using var scan = store.Scan([OrphanTable], [OrphanTable + 1]);
        while (scan.MoveNext())
            orphans.Add(new LeaseId(BinaryPrimitives.ReadInt64BigEndian(scan.Key[1..])));
        return orphans;
    }

    private static void LoadOne(ReadOnlySpan<byte> record, Lessor leases)
    {
        Span<ulong> numbers = stackalloc ulong[4];
        numbers.Clear();
        while (!record.IsEmpty)
        {
            var read = Wire.TryReadField(ref record, out var field, out _, out var number, out _);
            Check.That(read, "a stored lease is well-formed");
            if (field <= 3)
                numbers[field] = number;
        }

        var lease = new LeaseId((long)numbers[1]);
        leases.Grant(lease, (long)numbers[2], default);
        leases.SetCheckpoint(lease, (long)numbers[3]);
    }

    private static void WriteKey(Span<byte> key, byte table, LeaseId lease)
    {
        key[0] = table;
        BinaryPrimitives.WriteInt64BigEndian(key[1..], lease.Value);
    }
}
