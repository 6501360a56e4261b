using System.Globalization;
using System.Text;

namespace KvStore.Ctl;

/// <summary>Reads a double-quoted Go string, as `%q` of fmt.Sscanf does.</summary>
internal static class GoUnquote
{
    /// <summary>Takes a quoted string from the front of a text; false where there is none.</summary>
    public static bool TryTake(ref string text, out string value)
    {
        value = "";
        if (text.Length == 0 || text[0] != '"')
            return false;
        var taken = new StringBuilder();
        for (var at = 1; at < text.Length;)
        {
            if (text[at] == '"')
            {
                value = taken.ToString();
                text = text[(at + 1)..];
                return true;
            }

            if (text[at] != '\\')
                taken.Append(text[at++]);
            else if (!TryTakeEscape(text, ref at, taken))
                return false;
        }

        return false;
    }

    private static bool TryTakeEscape(string text, ref int at, StringBuilder taken)
    {
        if (at + 1 >= text.Length)
            return false;
        const string Letters = "abfnrtv\\\"'";
        const string Meanings = "\a\b\f\n\r\t\v\\\"'";
        var letter = text[at + 1];
        at += 2;
        if (Letters.IndexOf(letter, StringComparison.Ordinal) is >= 0 and var index)
        {
            taken.Append(Meanings[index]);
            return true;
        }

        var digits = letter switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits == 0 || at + digits > text.Length
            || !uint.TryParse(text.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
            return false;
        at += digits;
        if (letter == 'x')
            taken.Append((char)number);
        else if (Rune.IsValid(number))
            taken.Append(GoText.Of(new Rune(number).ToString()));
        else
            return false;
        return true;
    }
}
