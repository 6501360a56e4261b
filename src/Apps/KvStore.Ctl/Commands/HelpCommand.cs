using KvStore.Ctl.Arguments;

namespace KvStore.Ctl.Commands;

/// <summary>What `--help` behind a command's words shows; of words that are no command, the whole, as cobra does.</summary>
internal static class HelpCommand
{
    public static Command Definition { get; } = new()
    {
        Name = "help",
        Use = "help [command]",
        Summary = "Help about any command",
        NeedsCluster = false,
        Run = call =>
        {
            var (root, command) = (CommandTree.Root, CommandTree.Root);
            var path = root.Name;
            foreach (var word in call.Arguments)
            {
                if (command.FindChild(word) is not { } child)
                    break;
                (command, path) = (child, $"{path} {child.Name}");
            }

            Usage.Write(root, command, path, call.Output);
            if (command == root && call.Arguments.Count > 0)
                call.Errors.Write($"Unknown help topic [{string.Join(' ', call.Arguments.Select(word => $"`{word}`"))}]\n");
            return Task.CompletedTask;
        },
    };
}
