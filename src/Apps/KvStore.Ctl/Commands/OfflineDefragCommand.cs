using System.Diagnostics;
using KvStore.Ctl.Arguments;
using KvStore.Ctl.Offline;
using KvStore.Node.Bootstrap;
using KvStore.Platform;

namespace KvStore.Ctl.Commands;

/// <summary>`defrag --data-dir`: rewrites the store of a member that does not run, without what was overwritten and deleted.</summary>
internal static class OfflineDefragCommand
{
    public static Command Definition { get; } = new()
    {
        Name = "defrag",
        Use = "defrag --data-dir {dir}",
        Summary = "Defragments the storage of a member that does not run",
        Flags = Flags,
        HasTimeout = false,
        NeedsCluster = false,
        Run = RunAsync,
    };

    public static IReadOnlyList<Flag> Flags => [DataDirectory.Flag, DataDirectory.Timeout, DataDirectory.WalFlag];

    public static async Task RunAsync(Invocation call)
    {
        Required.Check(call, DataDirectory.Flag);
        var directory = call.Flags.Text(DataDirectory.Flag.Name);
        var started = Stopwatch.GetTimestamp();
        try
        {
            var (before, after) = await DataDirectory.WithAsync(call, StoppedMember.Rewrite).ConfigureAwait(false);
            call.Errors.Write(
                $"defragmented {directory}: {GoNumbers.Size((ulong)before.TotalBytes)} before, {GoNumbers.Size((ulong)after.TotalBytes)} after, "
                + $"took {GoNumbers.Duration(Stopwatch.GetElapsedTime(started))}\n");
        }
        catch (StorageException refused)
        {
            throw new CtlException(ExitCode.Error, $"Failed to defragment etcd data[{directory}] ({GoText.Of(refused.Message)})");
        }
    }
}
