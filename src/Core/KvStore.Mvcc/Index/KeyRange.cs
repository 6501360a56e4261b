namespace KvStore.Mvcc.Index;

/// <summary>The half-open range [key, end) of more than one possible key; an end of one zero byte means "no upper bound", as in etcd.</summary>
internal readonly ref struct KeyRange
{
    public KeyRange(ReadOnlySpan<byte> key, ReadOnlySpan<byte> end)
    {
        Key = key;
        End = end;
        IsUnbounded = end is [0];
    }

    public ReadOnlySpan<byte> Key { get; }

    public ReadOnlySpan<byte> End { get; }

    public bool IsUnbounded { get; }

    public bool IsEmpty => !IsUnbounded && End.SequenceCompareTo(Key) <= 0;
}
