namespace KvStore.Primitives;

/// <summary>One entry of the raft log. The data is immutable from the moment the entry exists.</summary>
public readonly record struct LogEntry(Term Term, LogIndex Index, LogEntryKind Kind, ReadOnlyMemory<byte> Data)
{
    /// <summary>What an entry counts against byte limits beside its data: term, index, kind and framing.</summary>
    public const int OverheadBytes = 32;

    public long CostBytes => Data.Length + OverheadBytes;
}
