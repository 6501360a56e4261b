using KvStore.Hosting;
using KvStore.Platform;
using KvStore.Testing.Processes;

namespace KvStore.Wal.Tests.Files;

/// <summary>What the real disk adds to the contract: rights, reserved space, the sync hook.</summary>
public sealed class OsFileSystemTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>CVE-2020-15113: a directory that was there before and that others can enter is closed to them, and the caller is told.</summary>
    [Fact]
    public void PrepareDataDirectory_OpenToOthers_ClosedAndReported()
    {
        var path = _folder.Combine("data");
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead);
        Assert.True(OsFileSystem.PrepareDataDirectory(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        Assert.False(OsFileSystem.PrepareDataDirectory(path));
    }

    /// <summary>CVE-2020-15113: nobody runs on another user's directory. Needs a directory that is not ours, so it cannot run as root.</summary>
    [Fact]
    public void PrepareDataDirectory_OfAnotherUser_Refused()
    {
        if (Environment.IsPrivilegedProcess)
            return;
        Assert.Equal(StorageFailure.PermissionDenied, Assert.Throws<StorageException>(() => OsFileSystem.PrepareDataDirectory("/proc")).Failure);
    }

    [Fact]
    public void PrepareDataDirectory_Missing_MadePrivate()
    {
        var path = _folder.Combine("data");
        OsFileSystem.PrepareDataDirectory(path);
        OsFileSystem.PrepareDataDirectory(path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Create_NewFile_PrivateToTheUser()
    {
        new OsFileSystem().Create(_folder.Combine("a")).Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.Combine("a")));
    }

    [Fact]
    public void Sync_Succeeded_DurationIsReported()
    {
        var times = new List<TimeSpan>();
        using var file = new OsFileSystem(times.Add).Create(_folder.Combine("a"));
        file.WriteAt(0, "abc"u8);
        file.Sync();
        Assert.True(Assert.Single(times) > TimeSpan.Zero);
    }

    [Fact]
    public void WriteAt_FullDevice_NoSpace()
    {
        // The kernel's own full disk.
        using var file = new OsFileSystem().Open("/dev/full");
        Assert.Equal(StorageFailure.NoSpace, Assert.Throws<StorageException>(() => file.WriteAt(0, "abc"u8)).Failure);
    }
}
