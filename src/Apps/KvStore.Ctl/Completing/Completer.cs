using KvStore.Ctl.Arguments;

namespace KvStore.Ctl.Completing;

/// <summary>
/// What may stand where the cursor is: the scripts of the shells ask with `kvctl __complete WORDS… CURRENT` at every key, so that they
/// know each command and flag of the program that is installed.
/// </summary>
internal static class Completer
{
    /// <summary>The first word that asks.</summary>
    public const string Word = "__complete";

    /// <summary>Asks for the candidates without their descriptions.</summary>
    public const string BareWord = "__completeNoDesc";

    private static readonly Dictionary<string, string[]> Values = new(StringComparer.Ordinal)
    {
        ["write-out"] = ["fields", "json", "protobuf", "simple", "table"],
        ["consistency"] = ["l", "s"],
        ["order"] = ["ASCEND", "DESCEND"],
        ["sort-by"] = ["CREATE", "KEY", "MODIFY", "VALUE", "VERSION"],
        ["load"] = ["s", "m", "l", "xl"],
    };

    /// <summary>A line for each candidate, a tab before its description; none leaves the shell to its own (names of files).</summary>
    /// <param name="root">Everything there is.</param>
    /// <param name="words">Behind the program's name; the last is what was begun, perhaps empty.</param>
    public static IEnumerable<string> Of(Command root, IReadOnlyList<string> words)
    {
        var whole = Rejoined(words);
        var current = whole.Count > 0 ? whole[^1] : "";
        var command = root;
        for (var at = 0; at < whole.Count - 1; at++)
        {
            if (whole[at] == "--")
                return [];
            if (FlagOf(root, command, whole[at]) is { Kind: not FlagKind.Boolean } flag && !whole[at].Contains('=', StringComparison.Ordinal))
            {
                if (at == whole.Count - 2)
                    return ValuesOf(flag, current);
                at++;
            }
            else if (command.FindChild(whole[at]) is { } child)
            {
                command = child;
            }
        }

        return current.StartsWith('-') ? Flags(root, command, current) : Children(command, current);
    }

    /// <summary>bash breaks words at the equals sign: "--order", "=", "A" is "--order" "A" to us.</summary>
    private static List<string> Rejoined(IReadOnlyList<string> words)
    {
        var whole = words.Where((word, at) => word != "=" || at == 0).ToList();
        if (words.Count > 1 && words[^1] == "=")
            whole.Add("");
        return whole;
    }

    private static IEnumerable<string> Children(Command command, string begun) =>
        command.Children.Where(child => child.Name.StartsWith(begun, StringComparison.Ordinal)).Select(child => $"{child.Name}\t{child.Summary}");

    private static IEnumerable<string> Flags(Command root, Command command, string begun)
    {
        var equals = begun.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0 && FlagOf(root, command, begun[..equals]) is { } flag)
            return ValuesOf(flag, begun[(equals + 1)..]).Select(value => begun[..(equals + 1)] + value);
        return All(root, command).Append(CommandLine.Help)
            .Where(known => $"--{known.Name}".StartsWith(begun, StringComparison.Ordinal))
            .Select(known => $"--{known.Name}\t{known.Usage}");
    }

    private static IEnumerable<string> ValuesOf(Flag flag, string begun) =>
        Values.GetValueOrDefault(flag.Name, []).Where(value => value.StartsWith(begun, StringComparison.Ordinal));

    private static Flag? FlagOf(Command root, Command command, string word) => word switch
    {
        ['-', '-', ..] => All(root, command).FirstOrDefault(flag => flag.Name == word[2..].Split('=')[0]),
        ['-', var letter] => All(root, command).FirstOrDefault(flag => flag.Short == letter),
        _ => null,
    };

    private static IEnumerable<Flag> All(Command root, Command command) => command == root ? root.Flags : command.Flags.Concat(root.Flags);
}
