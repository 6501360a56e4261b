using KvStore.Ctl.Arguments;
using KvStore.Ctl.Completing;

namespace KvStore.Ctl.Commands;

internal static class CompletionCommands
{
    public static Command Group { get; } = new()
    {
        Name = "completion",
        Use = "completion [bash|zsh|fish|powershell]",
        Summary = "Generate completion script",
        Children =
        [
            Script("bash", ShellScripts.Bash, "source <(kvctl completion bash)"),
            Script("fish", ShellScripts.Fish, "kvctl completion fish | source"),
            Script("powershell", ShellScripts.PowerShell, "kvctl completion powershell | Out-String | Invoke-Expression"),
            Script("zsh", ShellScripts.Zsh, "source <(kvctl completion zsh)"),
        ],
    };

    private static Command Script(string shell, string text, string load) => new()
    {
        Name = shell,
        Use = shell,
        Summary = $"Generate the autocompletion script for {shell}; load it with: {load}",
        Flags = [Flag.Boolean("no-descriptions", "disable completion descriptions")],
        NeedsCluster = false,
        Run = call =>
        {
            if (call.Arguments.Count > 0)
                throw new CtlException(ExitCode.Error, $"unknown command {GoText.Quote(call.Arguments[0])} for \"{call.Line.Path}\"") { UsageOf = call.Line.Command };
            call.Output.Write(call.Flags.Boolean("no-descriptions") ? text.Replace($" {Completer.Word} ", $" {Completer.BareWord} ", StringComparison.Ordinal) : text);
            return Task.CompletedTask;
        },
    };
}
