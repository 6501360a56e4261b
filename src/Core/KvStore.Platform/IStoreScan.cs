namespace KvStore.Platform;

/// <summary>A cursor over a consistent picture of the store. One thread; the spans are valid until the next move.</summary>
public interface IStoreScan : IDisposable
{
    /// <summary>Steps to the next (at first: the first) pair; false at the end.</summary>
    bool MoveNext();

    ReadOnlySpan<byte> Key { get; }

    ReadOnlySpan<byte> Value { get; }
}
