using System.Runtime.InteropServices;
using KvStore.Platform;

namespace KvStore.Hosting;

/// <summary>Translates the operating system's refusals, once, into those of the door.</summary>
internal static class StorageErrors
{
    /// <summary>The failure of the C call that returned just now.</summary>
    public static StorageException OfLastCall(string act, string path) => OfNumber(Marshal.GetLastPInvokeError(), act, path);

    public static StorageException OfNumber(int error, string act, string path)
    {
        var failure = error is Libc.ErrorNoSpace or Libc.ErrorQuota ? StorageFailure.NoSpace : StorageFailure.Io;
        return new StorageException(failure, $"{act} {path}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})");
    }

    /// <summary>The failure behind an exception of the base library; null when it is not one of the disk.</summary>
    public static StorageException? Of(Exception exception, string act, string path)
    {
        // The library's word for a file that may grow no more: a limit of the file system or of the process.
        if (exception is ArgumentOutOfRangeException { ParamName: "value" })
            return OfNumber(Libc.ErrorFileTooLarge, act, path);
        StorageFailure? failure = exception switch
        {
            FileNotFoundException or DirectoryNotFoundException => StorageFailure.NotFound,
            UnauthorizedAccessException => StorageFailure.PermissionDenied,
            // On Unix the HResult of an I/O error is the error number.
            IOException { HResult: Libc.ErrorNoSpace or Libc.ErrorQuota } => StorageFailure.NoSpace,
            IOException => StorageFailure.Io,
            _ => null,
        };
        return failure is { } known ? new StorageException(known, $"{act} {path}: {exception.Message}", exception) : null;
    }
}
