using System.Diagnostics;
using KvStore.Ctl.Arguments;
using KvStore.Ctl.Offline;
using KvStore.Grpc;

namespace KvStore.Ctl.Commands;

internal static class DefragCommand
{
    public static Command Definition { get; } = new()
    {
        Name = "defrag",
        Use = "defrag",
        Summary = "Defragments the storage of the etcd members with given endpoints, or of one that does not run",
        Flags = [MemberEndpoints.Cluster, .. OfflineDefragCommand.Flags],
        Run = RunAsync,
    };

    private static async Task RunAsync(Invocation call)
    {
        if (call.Flags.IsGiven(DataDirectory.Flag.Name))
        {
            await OfflineDefragCommand.RunAsync(call).ConfigureAwait(false);
            return;
        }

        var failures = 0;
        foreach (var endpoint in await MemberEndpoints.OfAsync(call).ConfigureAwait(false))
        {
            using var client = call.ClientOf(GoText.ToUnicode(endpoint));
            var started = Stopwatch.GetTimestamp();
            try
            {
                await client.Maintenance.DefragmentAsync(call.Stopping).ConfigureAwait(false);
                call.Output.Write($"Finished defragmenting etcd member[{endpoint}]. took {GoNumbers.Duration(Stopwatch.GetElapsedTime(started))}\n");
            }
            catch (GrpcException failed)
            {
                failures++;
                var took = GoNumbers.Duration(Stopwatch.GetElapsedTime(started));
                call.Errors.Write($"Failed to defragment etcd member[{endpoint}]. took {took}. ({ErrorText.Of(failed)})\n");
            }
        }

        if (failures > 0)
            throw new CtlException(ExitCode.Error, "");
    }
}
