using KvStore.Ctl.Arguments;
using KvStore.Protocol.Etcd;

namespace KvStore.Ctl.Commands;

internal static class CompactionCommand
{
    public static Command Definition { get; } = new()
    {
        Name = "compaction",
        Use = "compaction [options] <revision>",
        Summary = "Compacts the event history in etcd",
        Flags = [Flag.Boolean("physical", "'true' to wait for compaction to physically remove all old revisions")],
        Run = RunAsync,
    };

    private static async Task RunAsync(Invocation call)
    {
        if (call.Arguments.Count != 1)
            throw new CtlException(ExitCode.BadArguments, "compaction command needs 1 argument");
        if (!GoNumbers.TryParseInt64(call.Arguments[0], 10, out var revision, out var error))
            throw new CtlException(ExitCode.Error, error);
        var request = new CompactionRequest { Revision = revision, Physical = call.Flags.Boolean("physical") };
        await call.Client.Kv.CompactAsync(request, call.Stopping).ConfigureAwait(false);
        call.Output.Write($"compacted revision {revision}\n");
    }
}
