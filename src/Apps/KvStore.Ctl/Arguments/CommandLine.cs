namespace KvStore.Ctl.Arguments;

/// <summary>What a command line turned out to mean.</summary>
internal sealed record CommandLine(Command Command, string Path, List<string> Positionals, ParsedFlags Flags, int DashAt)
{
    /// <summary>Every command has it.</summary>
    public static Flag Help { get; } = Flag.Boolean("help", "help for this command", letter: 'h');

    /// <summary>Finds the command first, stepping over global flags, and then reads all flags against it.</summary>
    public static CommandLine Parse(Command root, IReadOnlyList<string> words)
    {
        var command = root;
        var path = root.Name;
        var rest = words.ToList();
        for (var at = 0; at < rest.Count;)
        {
            var parser = Parser(root, command);
            if (rest[at] == "--")
                break;
            if (rest[at].StartsWith('-') && rest[at].Length > 1)
            {
                at += parser.TakesNextWord(rest[at]) ? 2 : 1;
                continue;
            }

            if (command.FindChild(rest[at]) is not { } child)
            {
                if (command == root)
                    throw Unknown(root, rest[at]);
                break;
            }

            command = child;
            path += " " + child.Name;
            rest.RemoveAt(at);
        }

        try
        {
            var positionals = Parser(root, command).Parse(rest, out var flags, out var dashAt);
            return new CommandLine(command, path, positionals, flags, dashAt);
        }
        catch (FormatException refused)
        {
            throw new CtlException(ExitCode.Error, refused.Message) { UsageOf = command };
        }
    }

    private static FlagParser Parser(Command root, Command command) =>
        new((command == root ? [] : command.Flags).Concat(root.Flags).Append(Help));

    private static CtlException Unknown(Command root, string word) =>
        new(ExitCode.Error, $"unknown command {GoText.Quote(word)} for {GoText.Quote(root.Name)}") { Hint = $"Run '{root.Name} --help' for usage." };
}
