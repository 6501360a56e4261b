using System.Text.RegularExpressions;

namespace KvStore.Ctl.Arguments;

/// <summary>Splits a line of `txn` or interactive `watch` into words as etcdctl does (Argify).</summary>
internal static partial class GoWords
{
    public static List<string> Split(string line)
    {
        var words = new List<string>();
        foreach (Match match in Word().Matches(line))
        {
            var word = match.Value;
            if (word[0] == '\'')
            {
                words.Add(word[1..^1]);
            }
            else if (word[0] == '"')
            {
                if (!GoUnquote.TryTake(ref word, out var text))
                    throw new CtlException(ExitCode.InvalidInput, "bad quoted string");
                words.Add(text);
            }
            else
            {
                words.Add(word);
            }
        }

        return words;
    }

    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"|'[^']*'|[^'"\s]\S*[^'"\s]?
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
