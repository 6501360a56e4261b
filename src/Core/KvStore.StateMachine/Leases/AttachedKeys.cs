namespace KvStore.StateMachine;

/// <summary>
/// The keys of one lease, in key order, which is the order of their deletion (L7). Most leases have one key: it needs no tree.
/// A tree rather than a hash table: keys are chosen by clients, and no choice of theirs makes it slow.
/// </summary>
internal sealed class AttachedKeys
{
    private byte[]? _only;
    private SortedSet<byte[]>? _all;

    public int Count => _all?.Count ?? (_only is null ? 0 : 1);

    public void Add(ReadOnlySpan<byte> key)
    {
        if (_all is null && _only is null)
        {
            _only = key.ToArray();
            return;
        }

        if (_all is null)
        {
            if (key.SequenceEqual(_only))
                return;
            _all = new SortedSet<byte[]>(ByteOrder.Instance) { _only! };
            _only = null;
        }

        _all.Add(key.ToArray());
    }

    public void Remove(ReadOnlySpan<byte> key)
    {
        if (_all is not null)
            _all.Remove(key.ToArray());
        else if (_only is not null && key.SequenceEqual(_only))
            _only = null;
    }

    public void CopyTo(List<ReadOnlyMemory<byte>> destination)
    {
        if (_only is not null)
            destination.Add(_only);
        if (_all is null)
            return;
        foreach (var key in _all)
            destination.Add(key);
    }
}
