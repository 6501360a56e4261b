using System.Globalization;

namespace KvStore.Testing.Scripts;

/// <summary>One line of a script: a name, plain arguments, and options written key=value. A value may be put in quotes.</summary>
public sealed record ScriptCommand(string Line, string Name, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Options)
{
    public static ScriptCommand Parse(string line)
    {
        var words = Words(line);
        var arguments = new List<string>();
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var word in words.Skip(1))
        {
            var split = word.IndexOf('=', StringComparison.Ordinal);
            if (split > 0)
                options.Add(word[..split], word[(split + 1)..]);
            else
                arguments.Add(word);
        }

        return new ScriptCommand(line, words[0], arguments, options);
    }

    public string Text(int position) =>
        position < Arguments.Count ? Arguments[position] : throw new ScriptException($"'{Line}' lacks its argument {position + 1}");

    public ulong Number(int position) => ToNumber(Text(position));

    public string? Option(string key) => Options.GetValueOrDefault(key);

    public ulong Number(string key, ulong otherwise) => Option(key) is { } text ? ToNumber(text) : otherwise;

    public bool Flag(string key, bool otherwise) => Option(key) switch
    {
        null => otherwise,
        "true" => true,
        "false" => false,
        var other => throw new ScriptException($"'{Line}': {key} is true or false, not {other}"),
    };

    /// <summary>A list written 1,2,3.</summary>
    public IReadOnlyList<ulong> Numbers(string key) =>
        Option(key) is { Length: > 0 } text ? [.. text.Split(',').Select(ToNumber)] : [];

    private ulong ToNumber(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new ScriptException($"'{Line}': {text} is not a number");

    private static List<string> Words(string line)
    {
        var words = new List<string>();
        var word = new System.Text.StringBuilder();
        var quoted = false;
        foreach (var c in line)
        {
            if (c == '"')
                quoted = !quoted;
            else if (c != ' ' || quoted)
                word.Append(c);
            else if (word.Length > 0)
                Take();
        }

        if (word.Length > 0)
            Take();
        return words;

        void Take()
        {
            words.Add(word.ToString());
            word.Clear();
        }
    }
}
