namespace KvStore.Platform;

/// <summary>A failure of the disk or the store, translated once at the door that owns it.</summary>
public sealed class StorageException : Exception
{
    public StorageException()
        : this(StorageFailure.Io, "storage failed")
    {
    }

    public StorageException(string message)
        : this(StorageFailure.Io, message)
    {
    }

    public StorageException(string message, Exception inner)
        : this(StorageFailure.Io, message, inner)
    {
    }

    public StorageException(StorageFailure failure, string message, Exception? inner = null)
        : base(message, inner) => Failure = failure;

    public StorageFailure Failure { get; }
}
