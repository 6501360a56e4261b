using KvStore.Ctl.Arguments;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

internal static class MoveLeaderCommand
{
    public static Command Definition { get; } = new()
    {
        Name = "move-leader",
        Use = "move-leader <transferee-member-id>",
        Summary = "Transfers leadership to another etcd cluster member.",
        Run = RunAsync,
    };

    /// <summary>Only the leader can hand over, so it is looked for among the endpoints.</summary>
    private static async Task RunAsync(Invocation call)
    {
        if (call.Arguments.Count != 1)
            throw new CtlException(ExitCode.BadArguments, "move-leader command needs 1 argument");
        if (!GoNumbers.TryParseHexUInt64(call.Arguments[0], out var target, out var error))
            throw new CtlException(ExitCode.BadArguments, error);
        foreach (var endpoint in call.Flags.List("endpoints"))
        {
            using var client = call.ClientOf(GoText.ToUnicode(endpoint));
            var status = await client.Maintenance.StatusAsync(call.Stopping).ConfigureAwait(false);
            if (status.Header.MemberId != status.Leader)
                continue;
            var answer = await client.Maintenance.MoveLeaderAsync(new MoveLeaderRequest { TargetID = target }, call.Stopping).ConfigureAwait(false);
            call.Printer.MoveLeader(status.Leader, target, answer);
            return;
        }

        throw new CtlException(ExitCode.BadArguments, $"no leader endpoint given at [{string.Join(' ', call.Flags.List("endpoints"))}]");
    }
}
