using KvStore.Ctl.Arguments;
using KvStore.Ctl.Offline;
using KvStore.Node.Bootstrap;
using KvStore.Node.Snapshots;
using KvStore.Platform;
using KvStore.Primitives;
using KvStore.RocksDb;

namespace KvStore.Ctl.Commands;

/// <summary>The hash of a snapshot, or of the store of a member that does not run, to be compared with what members answer (`endpoint hashkv`).</summary>
internal static class HashKvCommand
{
    private static readonly Flag Revision = Flag.Integer("rev", "0", "maximum revision to hash (default: latest revision)");

    public static Command Definition { get; } = new()
    {
        Name = "hashkv",
        Use = "hashkv <filename> | --data-dir {dir}",
        Summary = "Prints the KV history hash of a given file or data directory",
        Flags = [DataDirectory.Flag, Revision, DataDirectory.Timeout, DataDirectory.WalFlag],
        HasTimeout = false,
        NeedsCluster = false,
        Run = RunAsync,
    };

    private static async Task RunAsync(Invocation call)
    {
        var isDirectory = call.Flags.IsGiven(DataDirectory.Flag.Name);
        if (call.Arguments.Count != (isDirectory ? 0 : 1))
            throw new CtlException(ExitCode.Error, $"accepts {(isDirectory ? 0 : 1)} arg(s), received {call.Arguments.Count}") { UsageOf = call.Line.Command };
        var revision = new Revision(call.Flags.Integer(Revision.Name));
        call.Printer.SnapshotHash(isDirectory ? await OfDirectoryAsync(call, revision).ConfigureAwait(false) : OfFile(call.Arguments[0], revision));
    }

    private static async Task<SnapshotHash> OfDirectoryAsync(Invocation call, Revision revision)
    {
        try
        {
            return await DataDirectory.WithAsync(call, (files, stores, options) =>
                StoppedMember.Read(files, stores, options, store => SnapshotHash.Of(store, revision, new NoTrace()))).ConfigureAwait(false);
        }
        catch (StorageException refused)
        {
            throw new CtlException(ExitCode.Error, GoText.Of(refused.Message));
        }
    }

    private static SnapshotHash OfFile(string file, Revision revision)
    {
        // The file is in the order of revisions; the hash asks for what is live. A store that is thrown away sorts it.
        var scratch = Directory.CreateTempSubdirectory("kvctl-hashkv-").FullName;
        try
        {
            return SnapshotReading.With(file, "stat", source =>
            {
                using var store = new RocksOrderedStoreProvider(new RocksStoreOptions()).Open(Path.Combine(scratch, "db"));
                return SnapshotHash.Of(source, store, revision, new NoTrace());
            });
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
