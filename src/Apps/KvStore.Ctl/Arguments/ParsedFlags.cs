namespace KvStore.Ctl.Arguments;

/// <summary>The values given for flags, by name; what was not given has its default.</summary>
internal sealed class ParsedFlags(IReadOnlyDictionary<string, Flag> known)
{
    private readonly Dictionary<string, string> _given = new(StringComparer.Ordinal);

    /// <summary>Whether the program has such a flag at all: it has fewer by another name.</summary>
    public bool Knows(string name) => known.ContainsKey(name);

    public bool IsGiven(string name) => _given.ContainsKey(name);

    public string Text(string name) => _given.GetValueOrDefault(name) ?? known[name].Default;

    public bool Boolean(string name) => TryBoolean(Text(name), out _) && IsTrue(Text(name));

    public long Integer(string name) => GoNumbers.TryParseInt64(Text(name), 10, out var value, out _) ? value : 0;

    public TimeSpan Duration(string name) => GoNumbers.TryParseDuration(Text(name), out var value, out _) ? value : default;

    public IReadOnlyList<string> List(string name) => Text(name) is { Length: > 0 } text ? text.Split(',') : [];

    /// <summary>Sets a value that has been checked; a list that is given twice grows.</summary>
    public void Set(Flag flag, string value)
    {
        if (flag.Kind == FlagKind.TextList && _given.TryGetValue(flag.Name, out var before))
            value = before + "," + value;
        _given[flag.Name] = value;
    }

    /// <summary>Sets a value instead of what was given.</summary>
    public void Replace(Flag flag, string value) => _given[flag.Name] = value;

    /// <summary>strconv.ParseBool.</summary>
    public static bool TryBoolean(string text, out string error)
    {
        error = $"strconv.ParseBool: parsing {GoText.Quote(text)}: invalid syntax";
        return IsTrue(text) || text is "0" or "f" or "F" or "false" or "FALSE" or "False";
    }

    private static bool IsTrue(string text) => text is "1" or "t" or "T" or "true" or "TRUE" or "True";
}
