using KvStore.Ctl.Arguments;
using KvStore.Ctl.Offline;
using KvStore.Node.Bootstrap;
using KvStore.Platform;

namespace KvStore.Ctl.Commands;

/// <summary>
/// etcdutl's `migrate`: makes a data directory one of another version. Those of this server have one form, which every version of it
/// reads; no etcd does. So there is a version to be at, and a way to every other, which the refusal names.
/// </summary>
internal static class MigrateCommand
{
    /// <summary>The version of the storage, as the server says it in its status.</summary>
    private const string StorageVersion = "3.7";

    private static readonly Flag Target = Flag.Text("target-version", "", "Target etcd version to migrate contents of data dir. Minimal value 3.5. Format \"X.Y\" for example 3.6.");

    public static Command Definition { get; } = new()
    {
        Name = "migrate",
        Use = "migrate --data-dir {dir} --target-version {X.Y}",
        Summary = "Checks that a data directory is of a version of the storage, and says how to get to another",
        Flags =
        [
            DataDirectory.Flag,
            Flag.Boolean("force", "As without it: there is no version written down that could be overridden"),
            Target,
            DataDirectory.Timeout,
            DataDirectory.WalFlag,
        ],
        HasTimeout = false,
        NeedsCluster = false,
        Run = RunAsync,
    };

    private static async Task RunAsync(Invocation call)
    {
        Required.Check(call, DataDirectory.Flag, Target);
        var target = Version(call.Flags.Text(Target.Name));
        try
        {
            // Only one that no server uses is spoken of, as of those that etcdutl would change.
            await DataDirectory.WithAsync(call, (files, stores, options) => StoppedMember.Read(files, stores, options, _ => true)).ConfigureAwait(false);
        }
        catch (StorageException refused)
        {
            throw new CtlException(ExitCode.Error, GoText.Of(refused.Message));
        }

        if (target != StorageVersion)
        {
            throw new CtlException(
                ExitCode.Error,
                $"cannot migrate to storage version {GoText.Quote(target)}: a data directory of this server has one form, that of {StorageVersion}; "
                + "to go to another etcd, take a snapshot (kvctl snapshot save) and restore it there (etcdutl snapshot restore)");
        }

        call.Errors.Write($"storage version up-to-date: {StorageVersion}\n");
    }

    private static string Version(string text)
    {
        var parts = text.Split('.');
        if (parts.Length != 2)
            throw new CtlException(ExitCode.BadArguments, $"wrong target version format, expected \"X.Y\", got {GoText.Quote(text)}");
        var numbers = new long[2];
        for (var index = 0; index < 2; index++)
        {
            if (!GoNumbers.TryParseInt64(parts[index], 10, out numbers[index], out var error))
                throw new CtlException(ExitCode.BadArguments, $"failed to parse target version: {error}");
        }

        var version = $"{numbers[0]}.{numbers[1]}";
        if (numbers[0] < 3 || (numbers[0] == 3 && numbers[1] < 5))
            throw new CtlException(ExitCode.BadArguments, $"target version {GoText.Quote(version)} not supported. Minimal \"3.5\"");
        return version;
    }
}
