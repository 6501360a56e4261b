using KvStore.Ctl.Arguments;
using KvStore.Ctl.Offline;

namespace KvStore.Ctl.Commands;

internal static class SnapshotCommands
{
    public static Command Group { get; } = new()
    {
        Name = "snapshot",
        Use = "snapshot <subcommand>",
        Summary = "Manages etcd node snapshots",
        Children =
        [
            new Command
            {
                Name = "restore",
                Use = "restore <filename> --data-dir {output dir}",
                Summary = "Restores a snapshot, of this server or of etcd, to a data directory of a new cluster",
                Flags =
                [
                    Flag.Unsigned("bump-revision", "0", "How much to increase the latest revision after restore"),
                    Flag.Text("data-dir", "", "Path to the output data directory"),
                    .. FoundingFlags.All,
                    Flag.Unsigned("initial-memory-map-size", "10737418240", "Accepted without effect: the store here is RocksDB, not bbolt"),
                    Flag.Boolean("mark-compacted", "Mark the latest revision after restore as the point of scheduled compaction (required if --bump-revision > 0, disallowed otherwise)"),
                    Flag.Boolean("skip-hash-check", "Ignore snapshot integrity hash value (required if copied from data directory)"),
                    Flag.Text("wal-dir", "", "Path to the WAL directory (use --data-dir if none given)"),
                ],
                HasTimeout = false,
                NeedsCluster = false,
                Run = SnapshotRestoreCommand.RunAsync,
            },
            new Command
            {
                Name = "save",
                Use = "save <filename>",
                Summary = "Stores an etcd node backend snapshot to a given file",
                Flags = [Flag.Text("format", "etcd", "Form of the file; etcd is the only one, which etcdutl and this program read")],
                // Only a timeout that was asked for ends it: how long it takes is a matter of the data.
                HasTimeout = false,
                Run = SaveAsync,
            },
            new Command { Name = "status", Use = "status <filename>", Summary = "Gets backend snapshot status of a given file", HasTimeout = false, NeedsCluster = false, Run = StatusAsync },
        ],
    };

    /// <summary>Writes beside the target and renames, so that a file of that name is always a whole snapshot.</summary>
    private static async Task SaveAsync(Invocation call)
    {
        if (call.Arguments.Count != 1)
            throw new CtlException(ExitCode.BadArguments, "snapshot save expects one argument");
        if (call.Flags.Text("format") != "etcd")
            throw new CtlException(ExitCode.BadFeature, $"unsupported snapshot format {GoText.Quote(call.Flags.Text("format"))}: the form of a snapshot is etcd");
        if (call.Flags.List("endpoints").Count != 1)
        {
            throw new CtlException(ExitCode.BadArguments, "snapshot must be requested to one selected node, not multiple ["
                + string.Join(' ', call.Flags.List("endpoints")) + "]");
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(call.Stopping);
        if (call.Flags.IsGiven("command-timeout"))
            limit.CancelAfter(call.Flags.Duration("command-timeout"));
        var version = "";
        try
        {
            version = await SnapshotDownload.SaveAsync(call.Client, GoText.ToUnicode(call.Arguments[0]), call.Progress, limit.Token).ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is DirectoryNotFoundException or UnauthorizedAccessException)
        {
            var part = call.Arguments[0] + SnapshotDownload.Unfinished;
            throw new CtlException(ExitCode.Interrupted, $"could not open {part} ({OsErrorText.Of("open", part, failed)})");
        }
        catch (IOException failed)
        {
            throw new CtlException(ExitCode.Interrupted, GoText.Of(failed.Message));
        }
        catch (Exception ended) when (limit.IsCancellationRequested && !call.Stopping.IsCancellationRequested && ended is OperationCanceledException or Grpc.GrpcException { Code: Grpc.StatusCode.Canceled })
        {
            throw new CtlException(ExitCode.Interrupted, "context deadline exceeded");
        }

        call.Output.Write($"Snapshot saved at {call.Arguments[0]}\n");
        if (version.Length > 0)
            call.Output.Write($"Server version {GoText.Of(version)}\n");
    }

    private static Task StatusAsync(Invocation call)
    {
        if (call.Arguments.Count != 1)
            throw new CtlException(ExitCode.BadArguments, "snapshot status requires exactly one argument");
        call.Printer.Snapshot(SnapshotReading.With(call.Arguments[0], "stat", Node.Snapshots.SnapshotStatus.Of));
        return Task.CompletedTask;
    }
}
