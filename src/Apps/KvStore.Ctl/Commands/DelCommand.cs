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
            // etcdctl 3.7 asks for it with two keys, and else warns and waits; here it changes nothing.
            Flag.Boolean("range", "delete range of keys"),
        ],
        Run = RunAsync,
    };

    public static DeleteRangeRequest Request(List<string> arguments, ParsedFlags flags)
    {
        if (arguments.Count is 0 or > 2)
            throw new CtlException(ExitCode.BadArguments, "del command needs one argument as key and an optional argument as range_end");
        var keys = KeyArguments.Of(arguments, flags);
        return new DeleteRangeRequest { Key = keys.Key, RangeEnd = keys.RangeEnd, PrevKv = flags.Boolean("prev-kv") };
    }

    private static async Task RunAsync(Invocation call) =>
        call.Printer.Del(await call.Client.Kv.DeleteRangeAsync(Request(call.Arguments, call.Flags), call.Stopping).ConfigureAwait(false));
}
