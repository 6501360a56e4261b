using KvStore.Ctl.Arguments;

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
            new Command { Name = "save", Use = "save <filename>", Summary = "Stores an etcd node backend snapshot to a given file", Run = SaveAsync },
        ],
    };

    /// <summary>Writes beside the target and renames, so that a file of that name is always a whole snapshot.</summary>
    private static async Task SaveAsync(Invocation call)
    {
        if (call.Arguments.Count != 1)
            throw new CtlException(ExitCode.BadArguments, "snapshot save expects one argument");
        if (call.Flags.List("endpoints").Count != 1)
            throw new CtlException(ExitCode.BadArguments, "snapshot must be requested to one selected node, not multiple ["
                + string.Join(' ', call.Flags.List("endpoints")) + "]");
        var target = GoText.ToUnicode(call.Arguments[0]);
        var part = target + ".part";
        var version = "";
        try
        {
            await using (var file = new FileStream(part, FileMode.Create, FileAccess.Write))
            {
                await foreach (var piece in call.Client.Maintenance.SnapshotAsync(call.Stopping).ConfigureAwait(false))
                {
                    version = piece.Version.Length > 0 ? piece.Version : version;
                    await file.WriteAsync(piece.Blob.Memory, call.Stopping).ConfigureAwait(false);
                }

                file.Flush(flushToDisk: true);
            }

            File.Move(part, target, overwrite: true);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new CtlException(ExitCode.Interrupted, GoText.Of(failed.Message));
        }

        call.Output.Write($"Snapshot saved at {call.Arguments[0]}\n");
        if (version.Length > 0)
            call.Output.Write($"Server version {GoText.Of(version)}\n");
    }
}
