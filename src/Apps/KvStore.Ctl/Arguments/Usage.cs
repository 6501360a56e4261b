namespace KvStore.Ctl.Arguments;

/// <summary>Help in etcdctl's layout: tabs after the names, filled up to the longest.</summary>
internal static class Usage
{
    private const int TabWidth = 8;

    public static void Write(Command root, Command command, string path, TextWriter output)
    {
        output.Write($"NAME:\n\t{(command == root ? root.Name : path[(root.Name.Length + 1)..])} - {command.Summary}\n\n");
        output.Write($"USAGE:\n\t{UsageLine(root, command, path)}\n\n");
        if (command.Children.Count > 0)
            WriteTable("COMMANDS:", "\t", Leaves(command, "").Select(leaf => (leaf.Path, leaf.Command.Summary)).ToList(), output);
        if (command != root)
            WriteTable("OPTIONS:", "", command.Flags.Append(CommandLine.Help).OrderBy(flag => flag.Name, StringComparer.Ordinal).Select(Describe).ToList(), output);
        WriteTable(command == root ? "OPTIONS:" : "GLOBAL OPTIONS:", "", root.Flags.Select(Describe).ToList(), output);
    }

    private static string UsageLine(Command root, Command command, string path)
    {
        if (command == root)
            return $"{root.Name} [flags]";
        var parent = path[..path.LastIndexOf(' ')];
        return command.Run is null ? $"{path} <subcommand>" : $"{parent} {command.Use} [flags]";
    }

    private static IEnumerable<(string Path, Command Command)> Leaves(Command command, string prefix) =>
        command.Children.SelectMany(child => child.Children.Count > 0
            ? Leaves(child, prefix + child.Name + " ")
            : [(prefix + child.Name, child)]);

    private static (string Name, string Text) Describe(Flag flag)
    {
        var shown = flag.Kind switch
        {
            FlagKind.Boolean => $"[={flag.Default}]",
            FlagKind.Text => $"=\"{flag.Default}\"",
            FlagKind.TextList => $"=[{flag.Default}]",
            _ => $"={flag.Default}",
        };
        return ($"{(flag.Short is { } letter ? $"  -{letter}, " : "      ")}--{flag.Name}{shown}", flag.Usage);
    }

    private static void WriteTable(string title, string indent, List<(string Name, string Text)> rows, TextWriter output)
    {
        output.Write(title + "\n");
        var width = ((rows.Max(row => row.Name.Length) / TabWidth) + 1) * TabWidth;
        foreach (var (name, text) in rows)
            output.Write($"{indent}{name}{new string('\t', (width - name.Length + TabWidth - 1) / TabWidth)}{text}\n");
        output.Write("\n");
    }
}
