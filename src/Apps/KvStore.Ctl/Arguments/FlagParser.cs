namespace KvStore.Ctl.Arguments;

/// <summary>
/// pflag's grammar: flags stand anywhere, `--name value`, `--name=value`, `-n value`, `-nvalue`; a boolean takes a value only with
/// an equals sign; `--` ends the flags. Every other word is positional.
/// </summary>
internal sealed class FlagParser
{
    private readonly Dictionary<string, Flag> _byName;
    private readonly Dictionary<char, Flag> _byLetter;

    public FlagParser(IEnumerable<Flag> flags)
    {
        _byName = flags.ToDictionary(flag => flag.Name, StringComparer.Ordinal);
        _byLetter = _byName.Values.Where(flag => flag.Short is not null).ToDictionary(flag => flag.Short!.Value);
    }

    /// <summary>Reads the words; throws with pflag's text at the first that does not fit.</summary>
    /// <param name="words">Everything behind the program's name, without the command's own words.</param>
    /// <param name="flags">The values found.</param>
    /// <param name="dashAt">How many positionals stood before `--`, or -1 without one.</param>
    public List<string> Parse(IReadOnlyList<string> words, out ParsedFlags flags, out int dashAt)
    {
        flags = new ParsedFlags(_byName);
        dashAt = -1;
        var positionals = new List<string>();
        for (var at = 0; at < words.Count; at++)
        {
            var word = words[at];
            if (word == "--")
            {
                dashAt = positionals.Count;
                positionals.AddRange(words.Skip(at + 1));
                break;
            }

            if (word.StartsWith("--", StringComparison.Ordinal))
                TakeLong(word, words, ref at, flags);
            else if (word.Length > 1 && word[0] == '-')
                TakeShort(word, words, ref at, flags);
            else
                positionals.Add(word);
        }

        return positionals;
    }

    /// <summary>Whether a word is a flag whose value is the next word; the search for the command's name has to step over both.</summary>
    public bool TakesNextWord(string word)
    {
        if (word.Contains('=', StringComparison.Ordinal))
            return false;
        if (word.StartsWith("--", StringComparison.Ordinal))
            return _byName.TryGetValue(word[2..], out var flag) && flag.Kind != FlagKind.Boolean;
        return word.Length == 2 && word[0] == '-' && _byLetter.TryGetValue(word[1], out var letter) && letter.Kind != FlagKind.Boolean;
    }

    private void TakeLong(string word, IReadOnlyList<string> words, ref int at, ParsedFlags flags)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? word[2..] : word[2..equals];
        if (name.Length == 0 || name[0] is '-' or '=')
            throw new FormatException($"bad flag syntax: {word}");
        if (!_byName.TryGetValue(name, out var flag))
            throw new FormatException($"unknown flag: --{name}");
        if (equals >= 0)
            Set(flag, word[(equals + 1)..], $"--{name}", flags);
        else if (flag.Kind == FlagKind.Boolean)
            Set(flag, "true", $"--{name}", flags);
        else if (at + 1 < words.Count)
            Set(flag, words[++at], $"--{name}", flags);
        else
            throw new FormatException($"flag needs an argument: --{name}");
    }

    private void TakeShort(string word, IReadOnlyList<string> words, ref int at, ParsedFlags flags)
    {
        for (var letter = 1; letter < word.Length; letter++)
        {
            if (!_byLetter.TryGetValue(word[letter], out var flag))
                throw new FormatException($"unknown shorthand flag: '{word[letter]}' in {word}");
            var shown = $"-{flag.Short}, --{flag.Name}";
            var rest = word[(letter + 1)..];
            if (rest.StartsWith('='))
            {
                Set(flag, rest[1..], shown, flags);
                return;
            }

            if (flag.Kind == FlagKind.Boolean)
            {
                Set(flag, "true", shown, flags);
                continue;
            }

            if (rest.Length == 0 && at + 1 >= words.Count)
                throw new FormatException($"flag needs an argument: '{flag.Short}' in {word}");
            Set(flag, rest.Length > 0 ? rest : words[++at], shown, flags);
            return;
        }
    }

    private static void Set(Flag flag, string value, string shown, ParsedFlags flags)
    {
        if (flag.Refuse(value) is { } reason)
            throw new FormatException($"invalid argument {GoText.Quote(value)} for \"{shown}\" flag: {reason}");
        flags.Set(flag, value);
    }
}
