using KvStore.Ctl.Arguments;
using KvStore.Ctl.Offline;
using KvStore.Node.Snapshots;
using KvStore.Primitives;
using KvStore.RocksDb;

namespace KvStore.Ctl.Commands;

/// <summary>The hash of a file, to be compared with what members answer (`endpoint hashkv`).</summary>
internal static class HashKvCommand
{
    public static Command Definition { get; } = new()
    {
        Name = "hashkv",
        Use = "hashkv <filename>",
        Summary = "Prints the KV history hash of a given file",
        Flags = [Flag.Integer("rev", "0", "maximum revision to hash (default: latest revision)")],
        HasTimeout = false,
        NeedsCluster = false,
        Run = Run,
    };

    private static Task Run(Invocation call)
    {
        if (call.Arguments.Count != 1)
            throw new CtlException(ExitCode.BadArguments, "hashkv command accepts only one argument");
        // The file is in the order of revisions; the hash asks for what is live. A store that is thrown away sorts it.
        var scratch = Directory.CreateTempSubdirectory("kvctl-hashkv-").FullName;
        try
        {
            call.Printer.SnapshotHash(SnapshotReading.With(call.Arguments[0], source =>
            {
                using var store = new RocksOrderedStoreProvider(new RocksStoreOptions()).Open(Path.Combine(scratch, "db"));
                return SnapshotHash.Of(source, store, new Revision(call.Flags.Integer("rev")), new NoTrace());
            }));
            return Task.CompletedTask;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}
