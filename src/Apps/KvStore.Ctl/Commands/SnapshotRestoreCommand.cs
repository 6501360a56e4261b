using KvStore.Ctl.Arguments;
using KvStore.Ctl.Offline;
using KvStore.Hosting;
using KvStore.Node;
using KvStore.Node.Bootstrap;
using KvStore.RocksDb;

namespace KvStore.Ctl.Commands;

/// <summary>Makes a member's data directory from a snapshot, with etcdutl's flags and refusals.</summary>
internal static class SnapshotRestoreCommand
{
    public static async Task RunAsync(Invocation call)
    {
        if (call.Arguments.Count != 1)
            throw new CtlException(ExitCode.BadArguments, "snapshot restore requires exactly one argument");
        var flags = call.Flags;
        var bump = flags.Integer("bump-revision");
        if (bump < 0 || bump > 0 != flags.Boolean("mark-compacted"))
            throw new CtlException(ExitCode.BadArguments, "--mark-compacted required if --revision-bump > 0");
        if (flags.Text("data-dir").Length == 0)
            throw new CtlException(ExitCode.Error, "required flag(s) \"data-dir\" not set") { UsageOf = call.Line.Command };
        var plan = FoundingFlags.Plan(flags);
        var options = Directories(flags);
        try
        {
            ReadOnlyFile? opened = null;
            var restoring = Task.Run(() => SnapshotReading.With(call.Arguments[0], "open", (source, file) =>
            {
                Volatile.Write(ref opened, file);
                if (!flags.Boolean("skip-hash-check"))
                    source.CheckSum();
                OsFileSystem.PrepareDataDirectory(options.DataDirectory);
                return SnapshotRestore.Run(
                    new OsFileSystem(), new RocksOrderedStoreProvider(new RocksStoreOptions()), new NoTrace(), source, plan, options, bump);
            }));
            var revision = await call.Progress
                .WhileAsync(restoring, () => $"{GoNumbers.Size((ulong)(Volatile.Read(ref opened)?.BytesRead ?? 0))} read").ConfigureAwait(false);
            call.Errors.Write($"restored snapshot {call.Arguments[0]} at revision {revision} to {flags.Text("data-dir")}: member {plan.Self} of cluster {plan.Cluster}\n");
        }
        catch (CtlException)
        {
            // Nothing was there before: what is half made goes, so that the next attempt is not refused for it.
            RemoveUnfinished(options);
            throw;
        }
    }

    private static NodeOptions Directories(ParsedFlags flags)
    {
        var data = flags.Text("data-dir");
        var log = flags.Text("wal-dir");
        if (Path.Exists(GoText.ToUnicode(data)) && !IsEmptyDirectory(GoText.ToUnicode(data)))
            throw new CtlException(ExitCode.Error, $"data-dir {GoText.Quote(data)} not empty or could not be read");
        if (log.Length > 0 && Path.Exists(GoText.ToUnicode(log)))
            throw new CtlException(ExitCode.Error, $"wal-dir {GoText.Quote(log)} exists");
        var options = new NodeOptions { DataDirectory = Path.GetFullPath(GoText.ToUnicode(data)) };
        return log.Length == 0 ? options : options with { WalDirectory = Path.GetFullPath(GoText.ToUnicode(log)) };
    }

    private static bool IsEmptyDirectory(string path)
    {
        try
        {
            return !Directory.EnumerateFileSystemEntries(path).Any();
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void RemoveUnfinished(NodeOptions options)
    {
        var files = new OsFileSystem();
        if (!files.Exists(options.DataDirectory))
            return;
        SnapshotRestore.RemoveUnfinished(files, options);
    }
}
