using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using Google.Protobuf;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.Protocol.Auth;

namespace KvStore.StateMachine;

/// <summary>
/// The auth state in the store. <c>as</c> → enabled (one byte), revision (8 bytes big-endian) · <c>au</c> + name →
/// <c>authpb.User</c> · <c>ar</c> + name → <c>authpb.Role</c>: the records that etcd has in its buckets, so that users move over with
/// their hashes.
/// </summary>
internal static class AuthRecords
{
    private const byte Table = (byte)'a';
    private const byte UserKind = (byte)'u';
    private const byte RoleKind = (byte)'r';
    private const int StateBytes = 9;

    private static ReadOnlySpan<byte> StateKey => "as"u8;

    public static void PutState(StoreBatch batch, AuthTable table)
    {
        Span<byte> value = stackalloc byte[StateBytes];
        value[0] = table.IsEnabled ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt64BigEndian(value[1..], table.Revision.Value);
        batch.Put(StateKey, value);
    }

    public static void PutUser(StoreBatch batch, AuthUser user)
    {
        var record = new User
        {
            Name = ByteString.CopyFromUtf8(user.Name),
            Password = ByteString.CopyFrom(user.PasswordHash.Span),
            Roles = { user.Roles },
            Options = new UserAddOptions { NoPassword = user.HasNoPassword },
        };
        batch.Put(Key(UserKind, user.Name), record.ToByteArray());
    }

    public static void DeleteUser(StoreBatch batch, string name) => batch.Delete(Key(UserKind, name));

    public static void PutRole(StoreBatch batch, string name, ImmutableArray<Permission> permissions)
    {
        var record = new Role { Name = ByteString.CopyFromUtf8(name), KeyPermission = { permissions } };
        batch.Put(Key(RoleKind, name), record.ToByteArray());
    }

    public static void DeleteRole(StoreBatch batch, string name) => batch.Delete(Key(RoleKind, name));

    public static AuthTable Load(IOrderedStore store)
    {
        var users = new List<AuthUser>();
        var roles = new List<(string, ImmutableArray<Permission>)>();
        var (isEnabled, revision) = (false, AuthRevision.First);
        using var scan = store.Scan([Table], [Table + 1]);
        while (scan.MoveNext())
        {
            Check.That(scan.Key.Length >= 2, "a record of the auth table says what it is");
            switch (scan.Key[1])
            {
                case UserKind:
                    users.Add(ReadUser(scan.Value));
                    break;
                case RoleKind:
                    var role = Role.Parser.ParseFrom(scan.Value);
                    roles.Add((role.Name.ToStringUtf8(), [.. role.KeyPermission]));
                    break;
                default:
                    Check.That(scan.Key.SequenceEqual(StateKey) && scan.Value.Length == StateBytes, "an auth record that is no user and no role is the state");
                    (isEnabled, revision) = (scan.Value[0] != 0, new AuthRevision(BinaryPrimitives.ReadUInt64BigEndian(scan.Value[1..])));
                    break;
            }
        }

        return AuthTable.Of(isEnabled, revision, users, roles);
    }

    private static AuthUser ReadUser(ReadOnlySpan<byte> value)
    {
        var user = User.Parser.ParseFrom(value);
        return new AuthUser(user.Name.ToStringUtf8(), user.Password.ToByteArray(), user.Options?.NoPassword ?? false, [.. user.Roles]);
    }

    private static byte[] Key(byte kind, string name) => [Table, kind, .. Encoding.UTF8.GetBytes(name)];
}
