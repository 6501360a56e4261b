namespace KvStore.Platform;

/// <summary>Estimates in bytes: all files of the store, and the part of them that is not garbage.</summary>
public readonly record struct StoreSizes(long TotalBytes, long LiveBytes);
