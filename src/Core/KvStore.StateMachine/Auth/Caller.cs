using System.Text;
using KvStore.Primitives;

namespace KvStore.StateMachine;

/// <summary>
/// Who asked, as established before the proposal: a name, and the auth revision at which it was established. Identity only; what the
/// caller may do is judged where the request takes effect.
/// </summary>
/// <param name="User">The user's name; a proof without a name (a certificate without a common name) has an empty one.</param>
/// <param name="Revision">None without any proof.</param>
public readonly record struct Caller(string User, AuthRevision Revision)
{
    private const int UserField = 1;
    private const int RevisionField = 2;

    /// <summary>Nobody: no token, no certificate, or authentication is off.</summary>
    public static readonly Caller None;

    public string User { get; } = User;

    public AuthRevision Revision { get; } = Revision;

    public bool IsNone => Revision == AuthRevision.None;

    /// <summary>Appends the encoded <c>kvstore.command.Caller</c>; nothing for <see cref="None"/>.</summary>
    public void WriteTo(ByteWriter destination)
    {
        if (IsNone)
            return;
        destination.WriteBytesField(UserField, Encoding.UTF8.GetBytes(User));
        destination.WriteInt64Field(RevisionField, (long)Revision.Value);
    }

    /// <summary>False when the bytes are no message.</summary>
    public static bool TryRead(ReadOnlySpan<byte> encoded, out Caller caller)
    {
        ReadOnlySpan<byte> user = default;
        ulong revision = 0;
        caller = default;
        while (!encoded.IsEmpty)
        {
            if (!Wire.TryReadField(ref encoded, out var field, out var type, out var number, out var bytes))
                return false;
            switch ((field, type))
            {
                case (UserField, Wire.WireType.LengthDelimited): user = bytes; break;
                case (RevisionField, Wire.WireType.Varint): revision = number; break;
                default: break;
            }
        }

        caller = new Caller(Encoding.UTF8.GetString(user), new AuthRevision(revision));
        return true;
    }
}
