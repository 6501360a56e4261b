using System.Buffers.Binary;
using System.Text;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol.Snapshots;
using Google.Protobuf;

namespace KvStore.StateMachine;

/// <summary>
/// The records of the cluster. <c>nm</c> + id → <c>MemberRecord</c> · <c>nr</c> + id → empty, a removed member · and in the meta table
/// <c>mcluster</c> → cluster id · <c>mversion</c> → cluster version · <c>mdowngrade</c> → target version, absent when none is under way. Ids are 8 bytes big-endian.
/// </summary>
internal static class ClusterRecords
{
    private const byte Table = (byte)'n';
    private const byte MemberKind = (byte)'m';
    private const byte RemovedKind = (byte)'r';
    private const int KeyBytes = 10;

    private static ReadOnlySpan<byte> ClusterIdKey => "mcluster"u8;

    private static ReadOnlySpan<byte> VersionKey => "mversion"u8;

    private static ReadOnlySpan<byte> DowngradeKey => "mdowngrade"u8;

    public static void PutMember(StoreBatch batch, Member member)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        WriteKey(key, MemberKind, member.Id);
        batch.Put(key, member.ToRecord().ToByteArray());
    }

    /// <summary>Writes what changed from one table to the next.</summary>
    public static void PutChanges(StoreBatch batch, MemberTable before, MemberTable after)
    {
        Span<byte> key = stackalloc byte[KeyBytes];
        foreach (var member in after.Members)
        {
            if (!before.TryGet(member.Id, out var old) || !ReferenceEquals(old, member))
                PutMember(batch, member);
        }

        foreach (var member in before.Members)
        {
            if (after.TryGet(member.Id, out _))
                continue;
            WriteKey(key, MemberKind, member.Id);
            batch.Delete(key);
        }

        foreach (var removed in after.Removed)
        {
            if (before.IsRemoved(removed))
                continue;
            WriteKey(key, RemovedKind, removed);
            batch.Put(key, default);
        }
    }

    public static MemberTable LoadMembers(IOrderedStore store)
    {
        var members = new List<Member>();
        var removed = new List<MemberId>();
        using var scan = store.Scan([Table], [Table + 1]);
        while (scan.MoveNext())
        {
            Check.That(scan.Key.Length == KeyBytes, "a member's record is filed under its id");
            if (scan.Key[1] == RemovedKind)
                removed.Add(new MemberId(BinaryPrimitives.ReadUInt64BigEndian(scan.Key[2..])));
            else
                members.Add(Member.Of(MemberRecord.Parser.ParseFrom(scan.Value)));
        }

        return new MemberTable(members, removed);
    }

    public static void PutClusterId(StoreBatch batch, ClusterId cluster)
    {
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(value, cluster.Value);
        batch.Put(ClusterIdKey, value);
    }

    public static ClusterId LoadClusterId(IOrderedStore store)
    {
        var value = Load(store, ClusterIdKey);
        Check.That(value.Length is 0 or 8, "a cluster id is stored in eight bytes");
        return value.Length == 0 ? default : new ClusterId(BinaryPrimitives.ReadUInt64BigEndian(value));
    }

    public static void PutVersion(StoreBatch batch, string version) => batch.Put(VersionKey, Encoding.UTF8.GetBytes(version));

    public static string LoadVersion(IOrderedStore store) => Encoding.UTF8.GetString(Load(store, VersionKey));

    /// <summary>An empty target means that no downgrade is under way.</summary>
    public static void PutDowngrade(StoreBatch batch, string target)
    {
        if (target.Length == 0)
            batch.Delete(DowngradeKey);
        else
            batch.Put(DowngradeKey, Encoding.UTF8.GetBytes(target));
    }

    public static string LoadDowngrade(IOrderedStore store) => Encoding.UTF8.GetString(Load(store, DowngradeKey));

    private static byte[] Load(IOrderedStore store, ReadOnlySpan<byte> key)
    {
        var value = new ByteWriter(64);
        store.TryGet(key, value);
        return value.ToArray();
    }

    private static void WriteKey(Span<byte> key, byte kind, MemberId member)
    {
        key[0] = Table;
        key[1] = kind;
        BinaryPrimitives.WriteUInt64BigEndian(key[2..], member.Value);
    }
}
