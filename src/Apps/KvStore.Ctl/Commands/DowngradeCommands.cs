using KvStore.Ctl.Arguments;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

internal static class DowngradeCommands
{
    public static Command Group { get; } = new()
    {
        Name = "downgrade",
        Use = "downgrade <TARGET_VERSION>",
        Summary = "Downgrade related commands",
        Children =
        [
            new Command
            {
                Name = "cancel",
                Use = "cancel",
                Summary = "Cancel the ongoing downgrade action to cluster",
                Run = call => RunAsync(call, "cancel", DowngradeRequest.Types.DowngradeAction.Cancel, ""),
            },
            new Command
            {
                Name = "enable",
                Use = "enable <TARGET_VERSION>",
                Summary = "Start a downgrade action to cluster",
                Run = call => RunAsync(call, "enable", DowngradeRequest.Types.DowngradeAction.Enable, Target(call)),
            },
            new Command
            {
                Name = "validate",
                Use = "validate <TARGET_VERSION>",
                Summary = "Validate downgrade capability before starting downgrade",
                Run = call => RunAsync(call, "validate", DowngradeRequest.Types.DowngradeAction.Validate, Target(call)),
            },
        ],
    };

    private static string Target(Invocation call)
    {
        if (call.Arguments.Count < 1)
            throw new CtlException(ExitCode.BadArguments, "TARGET_VERSION not provided");
        if (call.Arguments.Count > 1)
            throw new CtlException(ExitCode.BadArguments, "too many arguments");
        return GoText.ToUnicode(call.Arguments[0]);
    }

    private static async Task RunAsync(Invocation call, string act, DowngradeRequest.Types.DowngradeAction action, string target)
    {
        var answer = await call.Client.Maintenance.DowngradeAsync(new DowngradeRequest { Action = action, Version = target }, call.Stopping).ConfigureAwait(false);
        call.Printer.Confirm(answer, $"Downgrade {act} success, cluster version {GoText.Of(answer.Version)}");
    }
}
