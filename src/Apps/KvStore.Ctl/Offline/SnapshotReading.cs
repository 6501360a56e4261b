using KvStore.Node.Snapshots;
using KvStore.Platform;

namespace KvStore.Ctl.Offline;

/// <summary>Opens a snapshot for a command; what is wrong with the file or the disk ends the program with one line.</summary>
internal static class SnapshotReading
{
    /// <param name="path">The file.</param>
    /// <param name="act">What etcdutl does first with it, which is how it says that there is none: `open` or `stat`.</param>
    /// <param name="read">Reads it.</param>
    public static T With<T>(string path, string act, Func<SnapshotSource, T> read) => With(path, act, (source, _) => read(source));

    /// <summary>Also gives the file, which says how much of it has been read.</summary>
    public static T With<T>(string path, string act, Func<SnapshotSource, ReadOnlyFile, T> read)
    {
        var name = GoText.ToUnicode(path);
        try
        {
            if (!File.Exists(name))
                throw new CtlException(ExitCode.Error, $"{act} {path}: no such file or directory");
            using var file = new ReadOnlyFile(name);
            return read(SnapshotSource.Open(file, name), file);
        }
        catch (StorageException failed)
        {
            throw new CtlException(ExitCode.Error, GoText.Of(failed.Message));
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new CtlException(ExitCode.Error, GoText.Of(failed.Message));
        }
    }
}
