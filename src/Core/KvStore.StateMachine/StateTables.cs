using KvStore.Protocol.Auth;
using Google.Protobuf;
using KvStore.Platform;
using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>
/// Records that have the same bytes here and in etcd's file, and differ only in where they lie: what snapshots copy. The prefix
/// here stands in front of what is the whole key there.
/// </summary>
public static class StateTables
{
    /// <summary>Behind it: the lease (8 bytes big-endian). The value: <c>leasepb.Lease</c>.</summary>
    public static ReadOnlySpan<byte> Leases => "l"u8;

    /// <summary>Behind it: the user's name. The value: <c>authpb.User</c>.</summary>
    public static ReadOnlySpan<byte> Users => "au"u8;

    /// <summary>Behind it: the role's name. The value: <c>authpb.Role</c>.</summary>
    public static ReadOnlySpan<byte> Roles => "ar"u8;

    /// <summary>A whole key. The value: enabled (one byte), revision (8 bytes big-endian).</summary>
    public static ReadOnlySpan<byte> AuthState => "as"u8;

    /// <summary>Notes that keys from elsewhere name a lease that did not come with them: granted here one day, it has these keys.</summary>
    public static void PutOrphan(StoreBatch batch, LeaseId lease) => LeaseRecords.PutOrphan(batch, lease);

    /// <summary>Whether a record that came from elsewhere is a lease, filed under its id.</summary>
    public static bool IsLease(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.Length != sizeof(long))
            return false;
        Span<ulong> numbers = stackalloc ulong[4];
        numbers.Clear();
        while (!value.IsEmpty)
        {
            if (!Wire.TryReadField(ref value, out var field, out var type, out var number, out _) || field > 3 || type != Wire.WireType.Varint)
                return false;
            numbers[field] = number;
        }

        var id = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(key);
        return id == numbers[1] && id != 0 && (long)numbers[2] is > 0 and <= LeaseRules.TtlSecondsMax && (long)numbers[3] >= 0;
    }

    /// <summary>Names are UTF-8, or nobody could ask for them: two of other bytes would be one name here.</summary>
    public static bool IsUser(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        TryParse(Protocol.Auth.User.Parser, value, out var user) && key.SequenceEqual(user.Name.Span)
        && AreNames(value, Protocol.Auth.User.NameFieldNumber) && AreNames(value, Protocol.Auth.User.RolesFieldNumber);

    public static bool IsRole(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        TryParse(Role.Parser, value, out var role) && key.SequenceEqual(role.Name.Span) && AreNames(value, Role.NameFieldNumber);

    private static bool AreNames(ReadOnlySpan<byte> message, int named)
    {
        foreach (var name in new FieldCursor(message, named))
        {
            if (!System.Text.Unicode.Utf8.IsValid(name))
                return false;
        }

        return true;
    }

    private static bool TryParse<T>(MessageParser<T> parser, ReadOnlySpan<byte> value, out T message)
        where T : class, IMessage<T>
    {
        try
        {
            message = parser.ParseFrom(value);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            message = null!;
            return false;
        }
    }
}
