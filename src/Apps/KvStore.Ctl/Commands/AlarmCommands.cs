using KvStore.Ctl.Arguments;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

internal static class AlarmCommands
{
    public static Command Group { get; } = new()
    {
        Name = "alarm",
        Use = "alarm <subcommand>",
        Summary = "Alarm related commands",
        Children =
        [
            new Command { Name = "disarm", Use = "disarm", Summary = "Disarms all alarms", Run = DisarmAsync },
            new Command { Name = "list", Use = "list", Summary = "Lists all alarms", Run = ListAsync },
        ],
    };

    private static async Task ListAsync(Invocation call)
    {
        RefuseArguments(call, "list");
        call.Printer.Alarm(await call.Client.Maintenance.AlarmsAsync(call.Stopping).ConfigureAwait(false));
    }

    /// <summary>There is no call that disarms all: each one listed is disarmed by itself.</summary>
    private static async Task DisarmAsync(Invocation call)
    {
        RefuseArguments(call, "disarm");
        var raised = await call.Client.Maintenance.AlarmsAsync(call.Stopping).ConfigureAwait(false);
        var disarmed = new AlarmResponse();
        foreach (var alarm in raised.Alarms)
            disarmed.Alarms.AddRange((await call.Client.Maintenance.DisarmAsync(alarm, call.Stopping).ConfigureAwait(false)).Alarms);
        call.Printer.Alarm(disarmed);
    }

    private static void RefuseArguments(Invocation call, string command)
    {
        if (call.Arguments.Count != 0)
            throw new CtlException(ExitCode.BadArguments, $"alarm {command} command accepts no arguments");
    }
}
