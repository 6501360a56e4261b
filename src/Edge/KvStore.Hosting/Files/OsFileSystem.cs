using System.Runtime.InteropServices;
using KvStore.Platform;
using Microsoft.Win32.SafeHandles;

namespace KvStore.Hosting;

/// <summary>
/// The disk of this machine (Linux; POSIX semantics are assumed). New files and directories are private to the user: keys,
/// values and password hashes lie in them in clear.
/// </summary>
public sealed class OsFileSystem : IFileSystem
{
    private const UnixFileMode PrivateDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly Action<TimeSpan>? _onSync;
    private readonly Action<TimeSpan>? _onWritten;
    private readonly bool _waitsForDisk;

    /// <param name="onSync">Told how long each successful sync of a file took (for the histogram of sync times); called on the syncing thread.</param>
    /// <param name="waitsForDisk">False: a sync does nothing (--unsafe-no-fsync). A crash of the machine then loses what was promised.</param>
    /// <param name="onWritten">Told how long each successful write took; called on the writing thread.</param>
    public OsFileSystem(Action<TimeSpan>? onSync = null, bool waitsForDisk = true, Action<TimeSpan>? onWritten = null)
    {
        _onSync = onSync;
        _onWritten = onWritten;
        _waitsForDisk = waitsForDisk;
    }

    /// <summary>
    /// Makes the data directory private to its owner (0700), whether it is new or was open to others (CVE-2020-15113), and refuses
    /// one that belongs to somebody else. True when an existing one had to be closed to others.
    /// </summary>
    public static bool PrepareDataDirectory(string path) => Guard("prepare", path, () =>
    {
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path, PrivateDirectory);
            return false;
        }

        var wasOpen = (File.GetUnixFileMode(path) & Others) != 0;
        try
        {
            // Only the owner may change the mode, so setting it also tells whose directory it is.
            File.SetUnixFileMode(path, PrivateDirectory);
        }
        catch (UnauthorizedAccessException)
        {
            throw new StorageException(StorageFailure.PermissionDenied, $"the data directory {path} belongs to another user");
        }

        return wasOpen;
    });

    public IFile Open(string path) => OpenFile(path, FileMode.Open);

    public IFile Create(string path)
    {
        // Truncating an existing file in place would destroy it before the new one is complete in the eyes of others who have it open.
        Delete(path);
        return OpenFile(path, FileMode.CreateNew);
    }

    public bool Exists(string path) => Path.Exists(path);

    public IReadOnlyList<string> List(string directory) => Guard("list", directory, () =>
    {
        if (!Directory.Exists(directory))
            return [];
        var names = new List<string>();
        foreach (var entry in Directory.EnumerateFileSystemEntries(directory))
            names.Add(Path.GetFileName(entry));
        names.Sort(StringComparer.Ordinal);
        return names;
    });

    public void CreateDirectory(string path) => Guard("create directory", path, () => Directory.CreateDirectory(path, PrivateDirectory));

    public void Rename(string from, string to) => Guard("rename", from, () =>
    {
        if (Directory.Exists(from))
            Directory.Move(from, to);
        else
            File.Move(from, to, overwrite: true);
    });

    public void Delete(string path) => Guard("delete", path, () =>
    {
        if (File.Exists(path))
            File.Delete(path);
    });

    public void DeleteDirectory(string path) => Guard("delete directory", path, () =>
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
    });

    public void SyncDirectory(string path)
    {
        if (!_waitsForDisk)
            return;
        var descriptor = Libc.Open(path, Libc.OpenReadOnly | Libc.OpenCloseOnExec, 0);
        if (descriptor < 0)
            throw StorageErrors.OfLastCall("open directory", path);
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Libc.FileSync(handle) != 0)
            throw StorageErrors.OfLastCall("sync directory", path);
    }

    // Opened by libc: File.OpenHandle takes a shared lock of its own on every file and would fail before we can tell why.
    public IDisposable Lock(string path)
    {
        const int OwnerReadWrite = 0x180;
        var descriptor = Libc.Open(path, Libc.OpenReadWrite | Libc.OpenCreate | Libc.OpenCloseOnExec, OwnerReadWrite);
        if (descriptor < 0)
            throw StorageErrors.OfLastCall("open lock file", path);
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Libc.FileLock(handle, Libc.LockExclusive | Libc.LockNonBlocking) == 0)
            return handle;
        var refusal = Marshal.GetLastPInvokeError() == Libc.ErrorTryAgain
            ? new StorageException(StorageFailure.Locked, $"another process holds the lock {path}")
            : StorageErrors.OfLastCall("lock", path);
        handle.Dispose();
        throw refusal;
    }

    private OsFile OpenFile(string path, FileMode mode) => Guard("open", path, () => new OsFile(OpenHandle(path, mode), path, _onSync, _onWritten, _waitsForDisk));

    private static SafeFileHandle OpenHandle(string path, FileMode mode)
    {
        var handle = File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (mode is FileMode.CreateNew)
            File.SetUnixFileMode(handle, PrivateFile);
        return handle;
    }

    private static void Guard(string act, string path, Action call) => Guard(act, path, () =>
    {
        call();
        return true;
    });

    private static T Guard<T>(string act, string path, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (Exception exception) when (StorageErrors.Of(exception, act, path) is { } failure)
        {
            throw failure;
        }
    }
}
