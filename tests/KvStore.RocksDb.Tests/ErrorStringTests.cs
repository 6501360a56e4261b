using KvStore.Platform;
using KvStore.RocksDb.Native;

namespace KvStore.RocksDb.Tests;

public sealed class ErrorStringTests
{
    /// <summary>Texts as librocksdb 7.8.3 produced them.</summary>
    [Theory]
    [InlineData("IO error: No space left on device: While appending to file: /d/000009.sst: No space left on device", StorageFailure.NoSpace)]
    [InlineData("IO error: While open a file for appending: /d/000009.sst: Disk quota exceeded", StorageFailure.NoSpace)]
    [InlineData("IO error: While lock file: /d/LOCK: Resource temporarily unavailable", StorageFailure.Locked)]
    [InlineData("IO error: lock hold by current process, acquire time 1 acquiring thread 2: /d/LOCK: No locks available", StorageFailure.Locked)]
    [InlineData("IO error: while open a file for lock: /d/LOCK: Permission denied", StorageFailure.PermissionDenied)]
    [InlineData("Corruption: block checksum mismatch: stored = 1, computed = 2, type = 4  in /d/000009.sst offset 0 size 36", StorageFailure.Corrupt)]
    [InlineData("Corruption: Can't access /000009.sst: IO error: No such file or directory: while stat a file for size: /d/000009.sst: No such file or directory", StorageFailure.Corrupt)]
    [InlineData("IO error: No such file or directory: While opening a file for sequentially reading: /d/MANIFEST-000005: No such file or directory", StorageFailure.NotFound)]
    [InlineData("IO error: While fdatasync: /d/000009.sst: Input/output error", StorageFailure.Io)]
    [InlineData("Invalid argument: Directory exists", StorageFailure.Io)]
    public void Classify_TextOfTheLibrary_IsTheDoorsFailure(string text, StorageFailure expected) =>
        Assert.Equal(expected, ErrorString.Classify(text));
}
