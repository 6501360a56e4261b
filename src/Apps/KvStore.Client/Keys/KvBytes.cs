using Google.Protobuf;

namespace KvStore.Client;

/// <summary>
/// The bytes of a key or a value. A string means its UTF-8; bytes given as an array are copied. Equal when the bytes are.
/// </summary>
public readonly struct KvBytes : IEquatable<KvBytes>
{
    private readonly ByteString? _bytes;

    /// <summary>Takes over immutable bytes without a copy.</summary>
    public KvBytes(ByteString bytes) => _bytes = bytes;

    /// <summary>No bytes at all.</summary>
    public static KvBytes Empty => default;

    /// <summary>How many bytes.</summary>
    public int Length => ToByteString().Length;

    /// <summary>True when there are none.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>The bytes, not copied.</summary>
    public ReadOnlyMemory<byte> Memory => ToByteString().Memory;

    /// <summary>The bytes, not copied.</summary>
    public ReadOnlySpan<byte> Span => ToByteString().Span;

    /// <summary>Encodes text as UTF-8.</summary>
    public static implicit operator KvBytes(string text) => FromText(text);

    /// <summary>Copies the bytes.</summary>
    public static implicit operator KvBytes(byte[] bytes) => FromBytes(bytes);

    /// <summary>Copies the bytes.</summary>
    public static implicit operator KvBytes(ReadOnlyMemory<byte> bytes) => FromBytes(bytes.Span);

    /// <summary>Takes over immutable bytes without a copy.</summary>
    public static implicit operator KvBytes(ByteString bytes) => new(bytes);

    /// <summary>Compares the bytes.</summary>
    public static bool operator ==(KvBytes left, KvBytes right) => left.Equals(right);

    /// <summary>Compares the bytes.</summary>
    public static bool operator !=(KvBytes left, KvBytes right) => !left.Equals(right);

    /// <summary>Encodes text as UTF-8.</summary>
    public static KvBytes FromText(string text) => new(ByteString.CopyFromUtf8(text));

    /// <summary>Copies the bytes.</summary>
    public static KvBytes FromBytes(ReadOnlySpan<byte> bytes) => new(ByteString.CopyFrom(bytes));

    /// <summary>The bytes as messages carry them, not copied.</summary>
    public ByteString ToByteString() => _bytes ?? ByteString.Empty;

    /// <summary>A copy of the bytes.</summary>
    public byte[] ToArray() => ToByteString().ToByteArray();

    /// <summary>The text whose UTF-8 these bytes are; what is no UTF-8 becomes U+FFFD.</summary>
    public override string ToString() => ToByteString().ToStringUtf8();

    /// <inheritdoc />
    public bool Equals(KvBytes other) => ToByteString().Equals(other.ToByteString());

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is KvBytes other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => ToByteString().GetHashCode();
}
