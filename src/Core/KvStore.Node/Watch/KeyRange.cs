namespace KvStore.Node.Watch;

/// <summary>
/// The keys a watcher looks at, normalized: a single key, or [From, To), or everything from From on. The order is by From, then
/// by To, where "no end" is the greatest.
/// </summary>
internal readonly struct KeyRange : IComparable<KeyRange>
{
    private KeyRange(byte[] from, byte[] to, bool isSingleKey, bool isOpenEnded)
    {
        From = from;
        To = to;
        IsSingleKey = isSingleKey;
        IsOpenEnded = isOpenEnded;
    }

    public byte[] From { get; }

    public byte[] To { get; }

    public bool IsSingleKey { get; }

    public bool IsOpenEnded { get; }

    /// <summary>False when no key can be in it.</summary>
    public static bool TryNormalize(ReadOnlySpan<byte> key, ReadOnlySpan<byte> rangeEnd, out KeyRange range)
    {
        var from = key.IsEmpty ? [0] : key.ToArray();
        var isOpenEnded = rangeEnd is [0];
        range = new KeyRange(from, isOpenEnded ? [] : rangeEnd.ToArray(), rangeEnd.IsEmpty, isOpenEnded);
        return rangeEnd.IsEmpty || isOpenEnded || from.AsSpan().SequenceCompareTo(rangeEnd) < 0;
    }

    public bool EndsAfter(ReadOnlySpan<byte> key) => IsOpenEnded || key.SequenceCompareTo(To) < 0;

    public int CompareTo(KeyRange other)
    {
        var from = From.AsSpan().SequenceCompareTo(other.From);
        return from != 0 ? from : CompareEnds(this, other);
    }

    public static int CompareEnds(in KeyRange left, in KeyRange right)
    {
        if (left.IsOpenEnded || right.IsOpenEnded)
            return left.IsOpenEnded.CompareTo(right.IsOpenEnded);
        return left.To.AsSpan().SequenceCompareTo(right.To);
    }
}
