using KvStore.Protocol;

namespace KvStore.StateMachine;

/// <summary>
/// The keys of one lease, in key order, which is the order of their deletion (L7). Most leases have one key: it needs no tree.
/// A tree rather than a hash table: keys are chosen by clients, and no choice of theirs makes it slow.
/// </summary>
internal sealed class AttachedKeys
{
    /// <summary>Keys that others attached since somebody was found to be allowed to write all: with more, all are asked about again.</summary>
    private const int UnjudgedMax = 64;

    private byte[]? _only;
    private SortedSet<byte[]>? _all;
    private Judgement? _judgement;

    public int Count => _all?.Count ?? (_only is null ? 0 : 1);

    public void Add(ReadOnlySpan<byte> key)
    {
        var added = key.ToArray();
        NoteUnjudged(added);
        if (_all is null && _only is null)
        {
            _only = added;
            return;
        }

        if (_all is null)
        {
            if (key.SequenceEqual(_only))
                return;
            _all = new SortedSet<byte[]>(ByteOrder.Instance) { _only! };
            _only = null;
        }

        _all.Add(added);
    }

    public void Remove(ReadOnlySpan<byte> key)
    {
        if (_all is not null)
            _all.Remove(key.ToArray());
        else if (_only is not null && key.SequenceEqual(_only))
            _only = null;
    }

    /// <summary>
    /// Whether a caller may write all of them. Of one who was found to be allowed to, as it is with many puts of one owner, only the
    /// keys that were added since are asked about. The answer depends on the keys and the auth state alone: all members give the same.
    /// </summary>
    public EtcdError? CheckWrite(in KeyAccess caller)
    {
        if (_judgement is not { } judgement || !judgement.Caller.IsSameAs(caller))
        {
            if (CheckAll(caller) is { } refused)
                return refused;
            _judgement = new Judgement(caller);
            return null;
        }

        foreach (var key in judgement.Unjudged)
        {
            if (Contains(key) && caller.CheckWrite(key, default) is { } refused)
                return refused;
        }

        judgement.Unjudged.Clear();
        return null;
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

    private EtcdError? CheckAll(in KeyAccess caller)
    {
        if (_only is not null)
            return caller.CheckWrite(_only, default);
        foreach (var key in _all ?? [])
        {
            if (caller.CheckWrite(key, default) is { } refused)
                return refused;
        }

        return null;
    }

    private bool Contains(byte[] key) => _all?.Contains(key) ?? key.AsSpan().SequenceEqual(_only);

    private void NoteUnjudged(byte[] key)
    {
        if (_judgement is not { } judgement)
            return;
        if (judgement.Unjudged.Count < UnjudgedMax)
            judgement.Unjudged.Add(key);
        else
            _judgement = null;
    }

    /// <summary>A caller who may write every key but perhaps those that came later.</summary>
    private sealed class Judgement(KeyAccess caller)
    {
        public KeyAccess Caller => caller;

        public List<byte[]> Unjudged { get; } = [];
    }
}
