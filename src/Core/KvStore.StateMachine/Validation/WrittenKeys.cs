namespace KvStore.StateMachine;

/// <summary>The keys that a list of operations puts, and the ranges it deletes, merged so that a look-up is a binary search.</summary>
internal sealed class WrittenKeys
{
    private readonly SortedSet<byte[]> _puts = new(ByteOrder.Instance);

    // Disjoint, ascending, none empty.
    private readonly List<(byte[] From, byte[] To)> _deletes = [];

    public void AddDelete(ReadOnlySpan<byte> key, ReadOnlySpan<byte> end)
    {
        // A single key is the interval up to its successor.
        byte[] to = end.IsEmpty ? [.. key, 0] : end.ToArray();
        if (key.SequenceCompareTo(to) < 0)
            Merge(key.ToArray(), to);
    }

    /// <summary>False when the key is written already.</summary>
    public bool TryAddPut(ReadOnlySpan<byte> key)
    {
        var copy = key.ToArray();
        return !IsDeleted(copy) && _puts.Add(copy);
    }

    /// <summary>Adds what the two branches of a nested transaction write; they exclude each other, so they may share keys.</summary>
    public bool TryAddBranches(WrittenKeys then, WrittenKeys otherwise)
    {
        foreach (var key in then._puts)
        {
            if (IsDeleted(key) || !_puts.Add(key))
                return false;
        }

        foreach (var key in otherwise._puts)
        {
            if (IsDeleted(key) || (!_puts.Add(key) && !then._puts.Contains(key)))
                return false;
        }

        foreach (var (from, to) in then._deletes)
            Merge(from, to);
        foreach (var (from, to) in otherwise._deletes)
            Merge(from, to);
        return true;
    }

    private bool IsDeleted(byte[] key)
    {
        var next = FirstEndingAfter(key);
        return next < _deletes.Count && Order(_deletes[next].From, key) <= 0;
    }

    private void Merge(byte[] from, byte[] to)
    {
        var first = FirstEndingAfter(from);
        var last = first;
        while (last < _deletes.Count && Order(_deletes[last].From, to) <= 0)
        {
            if (Order(_deletes[last].From, from) < 0)
                from = _deletes[last].From;
            if (Order(_deletes[last].To, to) > 0)
                to = _deletes[last].To;
            last++;
        }

        _deletes.RemoveRange(first, last - first);
        _deletes.Insert(first, (from, to));
    }

    // The first interval whose end lies after the key.
    private int FirstEndingAfter(byte[] key)
    {
        int low = 0, high = _deletes.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Order(_deletes[middle].To, key) <= 0)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private static int Order(byte[] left, byte[] right) => left.AsSpan().SequenceCompareTo(right);
}
