using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KvStore.Hosting;

/// <summary>
/// The few calls of the C library that .NET does not offer. Plain DllImport: LibraryImport generates unsafe code, which this
/// project does not allow itself; the arguments are numbers and one path, so nothing is gained by a generator.
/// </summary>
internal static class Libc
{
    public const int OpenReadOnly = 0;
    public const int OpenReadWrite = 2;
    public const int OpenCreate = 0x40;

    /// <summary>O_CLOEXEC on every Linux architecture that .NET runs on.</summary>
    public const int OpenCloseOnExec = 0x80000;

    public const int LockExclusive = 2;
    public const int LockNonBlocking = 4;

    public const int ErrorInterrupted = 4;
    public const int ErrorTryAgain = 11;
    public const int ErrorFileTooLarge = 27;
    public const int ErrorNoSpace = 28;
    public const int ErrorNotSupported = 95;
    public const int ErrorInvalid = 22;
    public const int ErrorQuota = 122;

    [DllImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static extern int FileDataSync(SafeFileHandle file);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static extern int FileSync(SafeFileHandle file);

    /// <summary>Returns the error number itself.</summary>
    [DllImport("libc", EntryPoint = "posix_fallocate")]
    public static extern int FileAllocate(SafeFileHandle file, long offset, long length);

    [DllImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static extern int FileLock(SafeFileHandle file, int operation);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, int mode);

    [DllImport("libc", EntryPoint = "mlockall", SetLastError = true)]
    public static extern int LockMemory(int flags);

    /// <summary>A system call without a function of its own, with six arguments: those of fewer take the first.</summary>
    [DllImport("libc", EntryPoint = "syscall")]
    public static extern nint SystemCall(nint number, nint first, nint second, nint third, nint fourth, nint fifth, nint sixth);
}
