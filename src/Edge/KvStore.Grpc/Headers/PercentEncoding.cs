using System.Text;

namespace KvStore.Grpc;

/// <summary>
/// `grpc-message`: UTF-8 whose bytes outside 0x20–0x7E, and `%` itself, are written as %XX. Decoding never fails: what is not an
/// escape is kept as it is, as the protocol asks.
/// </summary>
public static class PercentEncoding
{
    public static string Encode(string text)
    {
        var i = 0;
        while (i < text.Length && IsPlain(text[i]))
            i++;
        return i == text.Length ? text : EncodeFrom(text, i);
    }

    public static string Decode(string value)
    {
        if (!value.Contains('%', StringComparison.Ordinal))
            return value;
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(value.Length)];
        var count = 0;
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '%' && i + 2 < value.Length && char.IsAsciiHexDigit(value[i + 1]) && char.IsAsciiHexDigit(value[i + 2]))
            {
                bytes[count++] = (byte)((HexDigit(value[i + 1]) << 4) | HexDigit(value[i + 2]));
                i += 2;
            }
            else
            {
                count += Encoding.UTF8.GetBytes(value.AsSpan(i, 1), bytes.AsSpan(count));
            }
        }

        return Encoding.UTF8.GetString(bytes, 0, count);
    }

    private static bool IsPlain(char c) => c is >= ' ' and <= '~' and not '%';

    private static string EncodeFrom(string text, int firstEscaped)
    {
        var encoded = new StringBuilder(text.Length + 16).Append(text, 0, firstEscaped);
        foreach (var b in Encoding.UTF8.GetBytes(text[firstEscaped..]))
        {
            if (IsPlain((char)b))
                encoded.Append((char)b);
            else
                encoded.Append('%').Append("0123456789ABCDEF"[b >> 4]).Append("0123456789ABCDEF"[b & 15]);
        }

        return encoded.ToString();
    }

    private static int HexDigit(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}
