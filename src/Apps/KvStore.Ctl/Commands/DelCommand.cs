using KvStore.Ctl.Arguments;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

internal static class DelCommand
{
    public static Command Definition { get; } = new()
    {
        Name = "del",
        Use = "del [options] <key> [range_end]",
        Summary = "Removes the specified key or range of keys [key, range_end)",
        Flags =
        [
            Flag.Boolean("from-key", "delete keys that are greater than or equal to the given key using byte compare"),
            Flag.Boolean("prefix", "delete keys with matching prefix"),
            Flag.Boolean("prev-kv", "return deleted key-value pairs"),
            Flag.Boolean("range", "delete range of keys"),
        ],
        Run = RunAsync,
    };

    /// <summary>Of two keys a mistyped second one deletes far more than was meant: unless `--range` says so, there is time to think again.</summary>
    public static DeleteRangeRequest Request(Invocation call, List<string> arguments, ParsedFlags flags)
    {
        if (arguments.Count is 0 or > 2)
            throw new CtlException(ExitCode.BadArguments, "del command needs one argument as key and an optional argument as range_end");
        var keys = KeyArguments.Of(arguments, flags);
        if (arguments.Count > 1 && !flags.Boolean("range"))
            WaitForSecondThoughts(call, arguments);
        return new DeleteRangeRequest { Key = keys.Key, RangeEnd = keys.RangeEnd, PrevKv = flags.Boolean("prev-kv") };
    }

    private static async Task RunAsync(Invocation call) =>
        call.Printer.Del(await call.Client.Kv.DeleteRangeAsync(Request(call, call.Arguments, call.Flags), call.Stopping).ConfigureAwait(false));

    private static void WaitForSecondThoughts(Invocation call, List<string> arguments)
    {
        call.Errors.Write(
            $"Warning: Keys between {GoText.Quote(arguments[0])} and {GoText.Quote(arguments[1])} will be deleted. Please interrupt the command within next 2 seconds to cancel. "
            + "You can provide `--range` flag to avoid the delay.\n");
        call.Errors.Flush();
        call.Stopping.WaitHandle.WaitOne(TimeSpan.FromSeconds(2));
        call.Stopping.ThrowIfCancellationRequested();
    }
}
