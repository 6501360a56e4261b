namespace KvStore.Platform;

/// <summary>An open file. One owner at a time; see the failure contract of <see cref="IFileSystem"/>.</summary>
public interface IFile : IDisposable
{
    /// <summary>Bytes, preallocated ones included.</summary>
    long Length { get; }

    /// <summary>Writes all bytes at an offset, beyond the end too; not durable before <see cref="Sync"/>.</summary>
    void WriteAt(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Reads up to the span's length; less only at the end of the file.</summary>
    int ReadAt(long offset, Span<byte> destination);

    void Truncate(long length);

    /// <summary>Reserves zero-filled space up to a length, so that later writes inside it need not change metadata.</summary>
    void Preallocate(long length);

    /// <summary>Makes everything written durable (fdatasync). An error is final for the process.</summary>
    void Sync();
}
