using System.Globalization;
using System.Text;
using Google.Protobuf;

namespace KvStore.Ctl;

/// <summary>
/// Text as etcdctl sees it: Go strings are bytes. Inside this program every text of the outside world (arguments, input lines, keys,
/// values) has one char per byte; it is turned into bytes again on the way out, so nothing is lost or replaced.
/// </summary>
internal static class GoText
{
    /// <summary>Bytes as chars 0 to 255.</summary>
    public static string OfBytes(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static string OfBytes(ByteString bytes) => OfBytes(bytes.Span);

    /// <summary>Ordinary text, such as .NET's arguments or a member's name.</summary>
    public static string Of(string text) => OfBytes(Encoding.UTF8.GetBytes(text));

    public static ByteString ToBytes(string text) => ByteString.CopyFrom(Encoding.Latin1.GetBytes(text));

    /// <summary>As ordinary text, for protobuf strings and the operating system.</summary>
    public static string ToUnicode(string text) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(text));

    /// <summary>strconv.Quote: what `%q` prints.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        ReadOnlySpan<byte> rest = Encoding.Latin1.GetBytes(text);
        while (!rest.IsEmpty)
        {
            var valid = Rune.DecodeFromUtf8(rest, out var rune, out var length) == System.Buffers.OperationStatus.Done;
            if (valid)
                AppendRune(quoted, rune, rest[..length]);
            else
                quoted.Append(CultureInfo.InvariantCulture, $"\\x{rest[0]:x2}");
            rest = rest[(valid ? length : 1)..];
        }

        return quoted.Append('"').ToString();
    }

    private static void AppendRune(StringBuilder quoted, Rune rune, ReadOnlySpan<byte> encoded)
    {
        const string Named = "\a\b\f\n\r\t\v";
        const string Letters = "abfnrtv";
        if (rune.Value is '"' or '\\')
            quoted.Append('\\').Append((char)rune.Value);
        else if (rune.Value < 0x80 && Named.IndexOf((char)rune.Value, StringComparison.Ordinal) is >= 0 and var index)
            quoted.Append('\\').Append(Letters[index]);
        else if (IsPrintable(rune))
            quoted.Append(OfBytes(encoded));
        else if (rune.Value is < ' ' or 0x7f)
            quoted.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}");
        else if (rune.Value < 0x10000)
            quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
        else
            quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}");
    }

    // Letters, marks, numbers, punctuation, symbols and the ASCII space (strconv.IsPrint).
    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator => false,
        _ => true,
    };
}
