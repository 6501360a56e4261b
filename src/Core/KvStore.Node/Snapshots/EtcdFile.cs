using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using KvStore.Node.Snapshots.Bolt;
using KvStore.Primitives;
using KvStore.Raft;

namespace KvStore.Node.Snapshots;

/// <summary>
/// The names and forms of what etcd keeps in its file: one bucket for each kind of record. A snapshot of this server is such a file
/// (docs/adr/0012-snapshots-are-etcd-files.md), so both sides of every form are here.
/// </summary>
internal static class EtcdFile
{
    /// <summary>main(8) '_' sub(8), and 't' behind it for a deletion → the pair.</summary>
    public const string Keys = "key";

    public const string Leases = "lease";

    /// <summary>AlarmMember → nothing.</summary>
    public const string Alarms = "alarm";

    public const string Auth = "auth";
    public const string Users = "authUsers";
    public const string Roles = "authRoles";
    public const string Cluster = "cluster";
    public const string Members = "members";
    public const string RemovedMembers = "members_removed";
    public const string Meta = "meta";

    public const int RevisionBytes = 17;

    public static ReadOnlySpan<byte> AuthEnabled => "authEnabled"u8;

    public static ReadOnlySpan<byte> AuthRevision => "authRevision"u8;

    public static ReadOnlySpan<byte> MembershipKey => "confState"u8;

    public static ReadOnlySpan<byte> IndexKey => "consistent_index"u8;

    public static ReadOnlySpan<byte> FinishedKey => "finishedCompactRev"u8;

    public static ReadOnlySpan<byte> ScheduledKey => "scheduledCompactRev"u8;

    public static ReadOnlySpan<byte> TermKey => "term"u8;

    public static ReadOnlySpan<byte> StorageVersionKey => "storageVersion"u8;

    /// <summary>Writes a revision and returns its length, which is one more for a deletion.</summary>
    public static int WriteRevision(Span<byte> destination, ItemRevision place, bool isTombstone)
    {
        BinaryPrimitives.WriteInt64BigEndian(destination, place.Main.Value);
        destination[8] = (byte)'_';
        BinaryPrimitives.WriteInt64BigEndian(destination[9..], place.Sub);
        if (!isTombstone)
            return RevisionBytes;
        destination[RevisionBytes] = (byte)'t';
        return RevisionBytes + 1;
    }

    public static bool TryReadRevision(ReadOnlySpan<byte> key, out ItemRevision place, out bool isTombstone)
    {
        place = default;
        isTombstone = key.Length == RevisionBytes + 1;
        if (key.Length < RevisionBytes || key[8] != (byte)'_' || (isTombstone && key[RevisionBytes] != (byte)'t') || key.Length > RevisionBytes + 1)
            return false;
        place = new ItemRevision(new Revision(BinaryPrimitives.ReadInt64BigEndian(key)), BinaryPrimitives.ReadInt64BigEndian(key[9..]));
        return true;
    }

    /// <summary>As Go encodes raftpb.ConfState.</summary>
    public static byte[] MembershipText(Membership membership)
    {
        var text = new StringBuilder("{");
        AppendIds(text, "voters", membership.Voters);
        AppendIds(text, "learners", membership.Learners);
        return Encoding.ASCII.GetBytes(text.Append("\"auto_leave\":false}").ToString());
    }

    private static void AppendIds(StringBuilder text, string name, IReadOnlyList<MemberId> members)
    {
        if (members.Count == 0)
            return;
        text.Append('"').Append(name).Append("\":[");
        for (var i = 0; i < members.Count; i++)
            text.Append(i == 0 ? "" : ",").Append(members[i].Value.ToString(CultureInfo.InvariantCulture));
        text.Append("],");
    }

    public static BoltBucket? Find(IReadOnlyList<BoltBucket> buckets, string name)
    {
        foreach (var bucket in buckets)
        {
            if (bucket.Name == name)
                return bucket;
        }

        return null;
    }
}
