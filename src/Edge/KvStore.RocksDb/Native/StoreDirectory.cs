using KvStore.Platform;

namespace KvStore.RocksDb.Native;

/// <summary>Makes and removes the directory around a database, in the door's terms.</summary>
internal static class StoreDirectory
{
    public static void Create(string directory) => Translated(() => Directory.CreateDirectory(directory));

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
