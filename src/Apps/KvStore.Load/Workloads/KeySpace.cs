using System.Buffers.Text;
using System.Globalization;
using Google.Protobuf;
using KvStore.Primitives;

namespace KvStore.Load.Workloads;

/// <summary>The keys a load uses: a prefix and a number with leading zeros, all of one length.</summary>
public sealed record KeySpace
{
    /// <summary>Digits of the largest number of keys.</summary>
    public const int DigitsMax = 19;

    public string Prefix { get; init; } = "";

    /// <summary>Bytes of a key without the prefix; shorter than the numbers are, it is as long as they.</summary>
    public int KeyBytes { get; init; } = 16;

    /// <summary>How many different keys.</summary>
    public long Count { get; init; } = 10_000;

    /// <summary>Bytes of a value.</summary>
    public int ValueBytes { get; init; } = 256;

    /// <summary>Digits of each key's number.</summary>
    public int Digits => Math.Min(Math.Max(KeyBytes, Count.ToString(CultureInfo.InvariantCulture).Length), DigitsMax);

    public ByteString Key(long number) =>
        ByteString.CopyFromUtf8(Prefix + number.ToString("d" + Digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));

    /// <summary>Incompressible, so that no compression flatters a figure.</summary>
    public ByteString Value(Prng random)
    {
        var bytes = new byte[ValueBytes];
        random.Fill(bytes);
        return ByteString.CopyFrom(bytes);
    }

    /// <summary>Writes a key's number where it stands in an encoded request.</summary>
    internal void Write(long number, Span<byte> digits) =>
        Utf8Formatter.TryFormat(number, digits, out _, new System.Buffers.StandardFormat('D', (byte)Digits));
}
