using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using KvStore.Platform;

namespace KvStore.RocksDb.Native;

/// <summary>Turns an <c>errptr</c> into an exception of the door. The only place that frees one.</summary>
internal static class ErrorString
{
    public static void ThrowIfSet(nint error, StorageFailure notFoundMeans = StorageFailure.NotFound)
    {
        if (error != 0)
            Throw(error, notFoundMeans);
    }

    [DoesNotReturn]
    private static void Throw(nint error, StorageFailure notFoundMeans)
    {
        var text = Marshal.PtrToStringUTF8(error) ?? "";
        RocksDbNative.rocksdb_free(error);
        var failure = Classify(text);
        throw new StorageException(failure == StorageFailure.NotFound ? notFoundMeans : failure, "rocksdb: " + text);
    }

    /// <summary>
    /// The C API gives no codes, only Status::ToString: "&lt;code&gt;: [&lt;subcode&gt;: ]&lt;context&gt;: &lt;strerror&gt;" (util/status.cc,
    /// env/io_posix.cc). Full disk and lock come before corruption, which a full disk can look like from above.
    /// </summary>
    internal static StorageFailure Classify(string text)
    {
        if (Has(text, "No space left on device") || Has(text, "Disk quota exceeded") || Has(text, "Space limit reached"))
            return StorageFailure.NoSpace;
        if (Has(text, "lock hold by current process") || Has(text, "While lock file"))
            return StorageFailure.Locked;
        if (Has(text, "Permission denied") || Has(text, "Read-only file system"))
            return StorageFailure.PermissionDenied;
        if (text.StartsWith("Corruption:", StringComparison.Ordinal))
            return StorageFailure.Corrupt;
        if (text.StartsWith("NotFound:", StringComparison.Ordinal) || Has(text, "No such file or directory"))
            return StorageFailure.NotFound;
        return StorageFailure.Io;
    }

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.Ordinal);
}
