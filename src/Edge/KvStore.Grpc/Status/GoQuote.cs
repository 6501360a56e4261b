using System.Globalization;
using System.Text;

namespace KvStore.Grpc;

/// <summary>Quotes a text as Go's `%q` does for the characters that can stand in a header.</summary>
internal static class GoQuote
{
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '"' or '\\':
                    quoted.Append('\\').Append(c);
                    break;
                case >= ' ' and < (char)0x7F:
                    quoted.Append(c);
                    break;
                case < (char)0x100:
                    quoted.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
                    break;
                default:
                    quoted.Append(c);
                    break;
            }
        }

        return quoted.Append('"').ToString();
    }
}
