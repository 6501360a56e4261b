using KvStore.Platform;

namespace KvStore.Wal;

internal static class WalErrors
{
    /// <summary>The refusal to start on a log that cannot be trusted; names the place, so that an operator can look (D2).</summary>
    public static StorageException Damaged(string path, long offset, string what) =>
        new(StorageFailure.Corrupt, $"the log is damaged: {path}, offset {offset}: {what}");
}
