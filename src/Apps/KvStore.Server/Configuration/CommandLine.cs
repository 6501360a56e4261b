namespace KvStore.Server.Configuration;

/// <summary>
/// Reads flags as Go's flag package does: one dash or two, `=value` or the next word, a boolean without a value is true, the last
/// of repeated flags wins, and reading stops at the first word that is no flag.
/// </summary>
internal static class CommandLine
{
    public static CommandLineResult Read(IReadOnlyList<string> arguments)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var legacy = new List<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var word = arguments[i];
            if (word.Length < 2 || word[0] != '-')
                throw new ConfigurationException($"\"{word}\" is not a valid flag");
            var text = word.StartsWith("--", StringComparison.Ordinal) ? word[2..] : word[1..];
            if (text.Length == 0)
            {
                if (i + 1 < arguments.Count)
                    throw new ConfigurationException($"\"{arguments[i + 1]}\" is not a valid flag");
                break;
            }

            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? text : text[..equals];
            if (name.Length == 0 || name[0] == '-')
                throw new ConfigurationException($"bad flag syntax: {word}", 2);
            if (name is "h" or "help")
                return new CommandLineResult(CommandLineAction.Help, values, legacy);
            if (name == "version" && (equals < 0 || (TryReadBool(text[(equals + 1)..], out var asked) ? asked : throw NoBool(name, text[(equals + 1)..]))))
                return new CommandLineResult(CommandLineAction.Version, values, legacy);
            var flag = FlagTable.Find(name);
            if (flag is null && !FlagTable.Legacy.Contains(name))
                throw new ConfigurationException($"flag provided but not defined: -{name}", 2);

            string value;
            if (equals >= 0)
                value = text[(equals + 1)..];
            else if (flag?.Kind == FlagKind.Bool || (flag is null && !NextIsValue(arguments, i)))
                value = "true";
            else if (i + 1 < arguments.Count)
                value = arguments[++i];
            else
                throw new ConfigurationException($"flag needs an argument: -{name}", 2);

            if (flag is null)
                legacy.Add(name);
            else
                values[name] = Checked(flag, name, value);
        }

        return new CommandLineResult(CommandLineAction.Serve, values, legacy);
    }

    public static bool TryReadBool(string text, out bool value)
    {
        value = text is "1" or "t" or "T" or "true" or "TRUE" or "True";
        return value || text is "0" or "f" or "F" or "false" or "FALSE" or "False";
    }

    // Numbers are read where they are used, and complained about in the same words. A boolean is judged here, since it is also what
    // follows from a word that was forgotten: "--client-cert-auth yes".
    private static string Checked(Flag flag, string name, string value) =>
        flag.Kind != FlagKind.Bool || TryReadBool(value, out _) ? value : throw NoBool(name, value);

    private static ConfigurationException NoBool(string name, string value) =>
        new($"invalid boolean value \"{value}\" for -{name}: parse error", 2);

    private static bool NextIsValue(IReadOnlyList<string> arguments, int index) =>
        index + 1 < arguments.Count && !arguments[index + 1].StartsWith('-');
}
