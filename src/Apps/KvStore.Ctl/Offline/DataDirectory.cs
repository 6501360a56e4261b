using System.Diagnostics;
using KvStore.Ctl.Arguments;
using KvStore.Hosting;
using KvStore.Node;
using KvStore.Platform;
using KvStore.RocksDb;

namespace KvStore.Ctl.Offline;

/// <summary>The data directory of a member that does not run, as commands name it with `--data-dir`.</summary>
internal static class DataDirectory
{
    private static readonly TimeSpan LockRetryInterval = TimeSpan.FromMilliseconds(100); // unnoticed by who waits

    public static Flag Flag { get; } = Flag.Text("data-dir", "", "Path to the data directory, which no server uses");

    public static Flag WalFlag { get; } = Flag.Text("wal-dir", "", "Path to the WAL directory, where the server was given one");

    public static Flag Timeout { get; } = Flag.Duration("timeout", "10s", "time to wait to obtain a file lock on db file, 0 to block indefinitely");

    /// <summary>Runs an act on it. While another process holds it, it is tried again until `--timeout` is over.</summary>
    /// <exception cref="StorageException">What the disk or the directory refused.</exception>
    public static async Task<T> WithAsync<T>(Invocation call, Func<IFileSystem, IOrderedStoreProvider, NodeOptions, T> act)
    {
        var options = Options(call.Flags);
        var limit = call.Flags.Duration(Timeout.Name);
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return act(new OsFileSystem(), new RocksOrderedStoreProvider(new RocksStoreOptions()), options);
            }
            catch (StorageException refused) when (refused.Failure == StorageFailure.Locked && (limit == TimeSpan.Zero || Stopwatch.GetElapsedTime(started) < limit))
            {
                await Task.Delay(LockRetryInterval, call.Stopping).ConfigureAwait(false);
            }
        }
    }

    private static NodeOptions Options(ParsedFlags flags)
    {
        var options = new NodeOptions { DataDirectory = Path.GetFullPath(GoText.ToUnicode(flags.Text(Flag.Name))) };
        return flags.Text(WalFlag.Name) is { Length: > 0 } log ? options with { WalDirectory = Path.GetFullPath(GoText.ToUnicode(log)) } : options;
    }
}
