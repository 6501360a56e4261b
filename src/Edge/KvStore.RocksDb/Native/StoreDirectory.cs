using KvStore.Platform;

namespace KvStore.RocksDb.Native;

/// <summary>Makes and removes the directory around a database, in the door's terms.</summary>
internal static class StoreDirectory
{
    /// <summary>
    /// Makes the directory where there is none. Tables without CURRENT, the file that names the manifest, are a damaged store;
    /// RocksDB, asked to create what is missing, would begin an empty one over them.
    /// </summary>
    public static void Prepare(string directory) =>
        Translated(() =>
        {
            Directory.CreateDirectory(directory);
            var current = Path.Combine(directory, "CURRENT");
            if (!File.Exists(current) && Directory.EnumerateFiles(directory, "*.sst").Any())
                throw new StorageException(StorageFailure.Corrupt, $"{current} is missing, but there are tables beside it");
        });

    public static void Delete(string directory) =>
        Translated(() =>
        {
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
        });

    private static void Translated(Action act)
    {
        try
        {
            act();
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new StorageException(StorageFailure.PermissionDenied, refused.Message, refused);
        }
        catch (IOException failed)
        {
            throw new StorageException(StorageFailure.Io, failed.Message, failed);
        }
    }
}
