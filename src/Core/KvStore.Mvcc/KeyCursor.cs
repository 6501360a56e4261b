using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>Walks the live keys of a range at one revision, ascending. On one thread, while its reader is open and unchanged.</summary>
public ref struct KeyCursor
{
    /// <summary>The key; valid as long as the reader is open.</summary>
    public readonly ReadOnlySpan<byte> Key => throw new InvariantBrokenException("not yet built");

    public readonly KeyMeta Meta => throw new InvariantBrokenException("not yet built");

    /// <summary>Steps to the next (at first: the first) key; false at the end.</summary>
    public bool MoveNext() => throw new InvariantBrokenException("not yet built");
}
