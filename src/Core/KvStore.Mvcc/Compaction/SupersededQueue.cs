using KvStore.Primitives;

namespace KvStore.Mvcc;

/// <summary>
/// The versions that replaced an older one or are tombstones, in revision order: exactly the places where a compaction finds
/// something to remove. So a sweep costs what it removes, not what is stored.
/// </summary>
internal sealed class SupersededQueue
{
    // 4096 entries of 16 bytes: small enough to be dropped soon after they are read.
    private const int ChunkEntries = 4096;

    private readonly Queue<Entry[]> _chunks = new();
    private Entry[] _tail = [];
    private int _tailCount = ChunkEntries;
    private int _headRead;

    public int Count { get; private set; }

    public void Add(in Entry entry)
    {
        if (_tailCount == ChunkEntries)
        {
            _tail = new Entry[ChunkEntries];
            _tailCount = 0;
            _chunks.Enqueue(_tail);
        }

        _tail[_tailCount++] = entry;
        Count++;
    }

    public bool TryPeek(out Entry entry)
    {
        entry = Count == 0 ? default : _chunks.Peek()[_headRead];
        return Count > 0;
    }

    public void Remove()
    {
        Check.That(Count > 0, "only what is there is removed");
        Count--;
        if (++_headRead < ChunkEntries)
            return;
        _headRead = 0;
        _chunks.Dequeue();
    }

    /// <param name="Main">The main revision of the replacing version.</param>
    /// <param name="Record">Its record.</param>
    /// <param name="Key">The reference of its key's bytes.</param>
    internal readonly record struct Entry(long Main, uint Record, uint Key);
}
