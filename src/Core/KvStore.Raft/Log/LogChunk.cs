using KvStore.Primitives;

namespace KvStore.Raft;

/// <summary>
/// A run of consecutive entries. A slot is written once: what was handed out as memory of a chunk never changes, because
/// growing and truncating go to a new array.
/// </summary>
internal sealed class LogChunk
{
    // Chunks are the unit of freeing memory: large enough that a list of them is short, small enough that what a
    // compaction cannot yet free is little (at most this, or one entry).
    private const int EntriesMax = 1024;
    private const long BytesMax = 1 << 20;

    private LogEntry[] _entries;

    public LogChunk(LogIndex first)
    {
        First = first;
        _entries = new LogEntry[16];
    }

    private LogChunk(LogIndex first, ReadOnlySpan<LogEntry> entries)
    {
        First = first;
        _entries = new LogEntry[Math.Clamp(entries.Length * 2, 16, EntriesMax)];
        foreach (ref readonly var entry in entries)
            Add(entry);
    }

    public LogIndex First { get; }

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    public LogIndex Last => new(First.Value + (ulong)Count - 1);

    public bool IsFull => Count >= EntriesMax || Bytes >= BytesMax;

    public ref readonly LogEntry this[LogIndex index] => ref _entries[(int)(index.Value - First.Value)];

    public void Add(in LogEntry entry)
    {
        if (Count == _entries.Length)
            Array.Resize(ref _entries, Math.Min(_entries.Length * 2, EntriesMax));
        _entries[Count++] = entry;
        Bytes += entry.CostBytes;
    }

    public ReadOnlyMemory<LogEntry> Slice(LogIndex from, int count) => _entries.AsMemory((int)(from.Value - First.Value), count);

    /// <summary>A chunk with only the entries up to <paramref name="last"/>, in an array of its own.</summary>
    public LogChunk CopyUpTo(LogIndex last) => new(First, _entries.AsSpan(0, (int)(last.Value - First.Value) + 1));
}
