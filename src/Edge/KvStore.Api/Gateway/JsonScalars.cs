using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace KvStore.Api.Gateway;

/// <summary>The values that JSON writes in more than one way: numbers, and bytes as base64. Go's protojson decides what is one.</summary>
internal static partial class JsonScalars
{
    /// <summary>More than any 64-bit number needs, written with an exponent and zeros.</summary>
    private const int DigitsMax = 40;

    private const int ExponentMax = 1000;

    /// <summary>A whole number: 5, "5", 5.0, 5e0; the text of a string is one number without blanks.</summary>
    public static bool TryInteger(ref Utf8JsonReader reader, BigInteger min, BigInteger max, out BigInteger value)
    {
        value = default;
        return reader.TokenType switch
        {
            JsonTokenType.Number => TryInteger(Encoding.ASCII.GetString(reader.ValueSpan), out value),
            JsonTokenType.String => TryQuoted(reader.GetString()!, out value),
            _ => false,
        } && value >= min && value <= max;
    }

    /// <summary>Standard or URL alphabet, padded or not. Line ends between the characters are skipped, as Go's decoder does.</summary>
    public static bool TryBytes(string text, out byte[] bytes)
    {
        bytes = [];
        var characters = text.AsSpan();
        var isPadded = characters.Length % 4 == 0;
        var isUrl = characters.ContainsAny('-', '_');
        var plain = new char[characters.Length];
        var count = 0;
        foreach (var character in characters)
        {
            if (character is '\r' or '\n')
                continue;
            if (character is '+' or '/' ? isUrl : !(char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '='))
                return false;
            plain[count++] = character switch { '+' => '-', '/' => '_', _ => character };
        }

        var padding = 0;
        while (padding < 2 && padding < count && plain[count - 1 - padding] == '=')
            padding++;
        if (isPadded ? count % 4 != 0 : padding > 0 || count % 4 == 1)
            return false;
        var body = plain.AsSpan(0, count - padding);
        if (body.Contains('='))
            return false;
        bytes = Base64Url.DecodeFromChars(Canonical(body));
        return true;
    }

    // Bits after the last byte may be anything; the decoder of this platform wants zeros.
    private static Span<char> Canonical(Span<char> body)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var spare = (body.Length % 4) switch { 2 => 4, 3 => 2, _ => 0 };
        if (spare > 0)
            body[^1] = alphabet[alphabet.IndexOf(body[^1], StringComparison.Ordinal) >> spare << spare];
        return body;
    }

    /// <summary>
    /// A number at the start of a string. What follows it is not looked at unless it could be part of the number: so does Go's
    /// reader, and whoever relies on it is answered here too.
    /// </summary>
    private static bool TryQuoted(string text, out BigInteger value)
    {
        value = default;
        var number = NumberAtStart().Match(text);
        return number.Success && !char.IsWhiteSpace(text[^1]) && TryInteger(number.Value, out value);
    }

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?(?![-+._0-9a-zA-Z])")]
    private static partial Regex NumberAtStart();

    /// <param name="text">By JSON's grammar.</param>
    /// <param name="value">The number, when it has no fraction.</param>
    private static bool TryInteger(string text, out BigInteger value)
    {
        value = default;
        var mark = text.IndexOfAny(['e', 'E']);
        var exponent = 0;
        if (mark >= 0 && (!int.TryParse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent) || Math.Abs(exponent) > ExponentMax))
            return false;
        var mantissa = mark < 0 ? text : text[..mark];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var scale = exponent - (point < 0 ? 0 : mantissa.Length - point - 1);
        var isNegative = mantissa[0] == '-';
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('-').TrimStart('0');
        var superfluous = Math.Min(digits.Length - digits.TrimEnd('0').Length, Math.Max(0, -scale));
        digits = digits[..^superfluous];
        scale += superfluous;
        if (digits.Length == 0)
            return true;
        if (scale < 0 || digits.Length + scale > DigitsMax)
            return false;
        value = BigInteger.Parse(digits + new string('0', scale), CultureInfo.InvariantCulture);
        value = isNegative ? -value : value;
        return true;
    }
}
