using KvStore.Ctl.Arguments;

namespace KvStore.Ctl.Commands;

/// <summary>The flags that every command takes, in pflag's layout.</summary>
internal static class OptionsCommand
{
    public static Command Definition { get; } = new()
    {
        Name = "options",
        Use = "options",
        Summary = "Show the global command-line flags",
        NeedsCluster = false,
        Run = call =>
        {
            var rows = GlobalFlags.All.Select(flag => (Name: Named(flag), flag.Usage, Default: Default(flag))).ToList();
            var width = rows.Max(row => row.Name.Length);
            call.Output.Write("The following options can be passed to any command:\n\n");
            foreach (var (name, usage, standard) in rows)
                call.Output.Write($"{name.PadRight(width)}   {usage}{standard}\n");
            return Task.CompletedTask;
        },
    };

    private static string Named(Flag flag)
    {
        var kind = flag.Kind switch
        {
            FlagKind.Text => " string",
            FlagKind.TextList => " strings",
            FlagKind.Integer => " int",
            FlagKind.Duration => " duration",
            _ => "",
        };
        return $"{(flag.Short is { } letter ? $"  -{letter}, " : "      ")}--{flag.Name}{kind}";
    }

    private static string Default(Flag flag) => flag.Kind switch
    {
        FlagKind.Text when flag.Default.Length > 0 => $" (default {GoText.Quote(flag.Default)})",
        FlagKind.TextList => $" (default [{flag.Default}])",
        FlagKind.Boolean when flag.Default == "true" => " (default true)",
        FlagKind.Duration => $" (default {flag.Default})",
        _ => "",
    };
}
